// Renews the parts of README.md and docs/commands.md that the program itself knows: commands and flags.
// `--check` fails when they have drifted. Needs a build.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const map = JSON.parse(
  execFileSync(process.execPath, ['bin/heddle-ts.js', 'help', '--output', 'json'], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  }),
);

/** Groups that many commands share are told once. */
const SHARED = ['Output', 'Connection'];
const PARTS = {
  commands: commandTable,
  shared: sharedTables,
  reference: () => map.commands.flatMap((each) => sections(each)).join('\n'),
};

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
  const rows = map.commands.map(({ name, summary }) => `| [\`${name}\`](${pageOf(name)}) | ${cell(summary)} |`);
  return ['| command | what it does |', '|---|---|', ...rows].join('\n');
}

/** A page of its own, where the command has one. */
function pageOf(name) {
  return existsSync(`docs/${name}.md`) ? `docs/${name}.md` : `docs/commands.md#${name}`;
}

function sharedTables() {
  const richest = SHARED.map((name) => [name, longestGroup(name)]);
  return richest
    .filter(([, options]) => options.length > 0)
    .map(([name, options]) => [`## ${name} flags`, '', '| flag | |', '|---|---|', ...options.map(row), ''].join('\n'))
    .join('\n');
}

function longestGroup(name) {
  const groups = map.commands.map((command) => groupsOf(command).get(name) ?? []);
  const longest = groups.reduce((best, next) => (next.length > best.length ? next : best), []);
  // Which formats a command has stands with the command.
  return longest.map((option) => (option.long === '--output' ? { ...option, choices: null } : option));
}

/** Of a command and of those below its name. */
function sections(command, above = []) {
  const path = [...above, command.name];
  return [section(command, path), ...(command.commands ?? []).flatMap((each) => sections(each, path))];
}

function section(command, path) {
  const groups = groupsOf(command);
  const lines = [
    `${'#'.repeat(path.length + 1)} ${path.join(' ')}`,
    '',
    `${command.summary}.`,
    '',
    '```',
    command.usage,
    '```',
    '',
  ];
  if (command.commands !== undefined) {
    lines.push('| command | |', '|---|---|');
    for (const each of command.commands) lines.push(`| \`${each.name}\` | ${cell(each.summary)} |`);
    lines.push('');
  }
  if (command.formats.length === 0) return lines.join('\n');
  if (command.arguments.length > 0) {
    lines.push('| argument | |', '|---|---|');
    for (const each of command.arguments) {
      lines.push(`| \`${each.name}${each.variadic ? '…' : ''}\` | ${cell(each.description)} |`);
    }
    lines.push('');
  }
  for (const [group, options] of groups) {
    if (!SHARED.includes(group)) lines.push(`| ${group} | |`, '|---|---|', ...options.map(row), '');
  }
  const shared = SHARED.filter((name) => groups.has(name)).map(
    (name) => `[${name.toLowerCase()}](#${name.toLowerCase()}-flags)`,
  );
  lines.push(
    `Formats: ${command.formats.map((format) => `\`${format}\``).join(', ')}. Shared flags: ${shared.join(', ')}.`,
    '',
  );
  for (const { command: line, does } of command.examples) lines.push(`- \`${line}\`: ${does}`);
  return [...lines, ''].join('\n');
}

function groupsOf(command) {
  const groups = new Map();
  for (const option of command.options) {
    const group = option.group?.replace(/:$/, '') ?? 'Options';
    groups.set(group, [...(groups.get(group) ?? []), option]);
  }
  return groups;
}

function row(option) {
  const choices = option.choices === null ? '' : ` (${option.choices.join(', ')})`;
  const standard =
    option.default === null || option.default === false ? '' : `; default ${JSON.stringify(option.default)}`;
  return `| \`${cell(option.flags)}\` | ${cell(`${option.description}${choices}${standard}`)} |`;
}

function cell(text) {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
