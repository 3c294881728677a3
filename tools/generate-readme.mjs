// Renews the parts of README.md and docs/commands.md that the program itself knows: exit codes, commands, flags.
// `--check` fails when they have drifted. Needs a build.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const map = JSON.parse(
  execFileSync(process.execPath, ['bin/heddle-ts.js', 'help', '--output', 'json'], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  }),
);

const PARTS = { commands: commandTable, reference: () => map.commands.map(section).join('\n') };

let drifted = false;
for (const file of ['README.md', 'docs/commands.md']) {
  const before = readFileSync(file, 'utf8');
  const after = before.replaceAll(/(<!-- generated: (\w+) -->\n)[\s\S]*?(<!-- end -->)/g, (whole, open, part, close) =>
    part in PARTS ? `${open}${PARTS[part]()}\n${close}` : whole,
  );
  if (after === before) continue;
  if (process.argv.includes('--check')) {
    console.error(`${file} differs from what the program says; run: node tools/generate-readme.mjs`);
    drifted = true;
  } else {
    writeFileSync(file, after);
  }
}
if (drifted) process.exit(1);

function commandTable() {
  const rows = map.commands.map(
    ({ name, summary }) => `| [\`${name}\`](docs/commands.md#${name}) | ${cell(summary)} |`,
  );
  return ['| command | what it does |', '|---|---|', ...rows].join('\n');
}

function section(command) {
  const groups = new Map();
  for (const option of command.options) {
    const group = option.group?.replace(/:$/, '') ?? 'Options';
    groups.set(group, [...(groups.get(group) ?? []), option]);
  }
  const lines = [`## ${command.name}`, '', `${command.summary}.`, '', '```', command.usage, '```', ''];
  if (command.arguments.length > 0) {
    lines.push('| argument | |', '|---|---|');
    for (const each of command.arguments)
      lines.push(`| \`${each.name}${each.variadic ? '…' : ''}\` | ${cell(each.description)} |`);
    lines.push('');
  }
  for (const [group, options] of groups) {
    if (SHARED.has(group)) continue;
    lines.push(`| ${group} | |`, '|---|---|', ...options.map(row), '');
  }
  const shared = [...groups.keys()].filter((group) => SHARED.has(group));
  lines.push(
    `Formats: ${command.formats.map((format) => `\`${format}\``).join(', ')}. Shared flags: ${shared.map((group) => `[${group.toLowerCase()}](#${SHARED.get(group)})`).join(', ')}.`,
    '',
  );
  for (const { command: line, does } of command.examples) lines.push(`- \`${line}\`: ${does}`);
  return [...lines, ''].join('\n');
}
