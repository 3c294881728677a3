// docs/rules.md from the rules themselves: every text, every example and what the program says of it.
// `--check` fails when the page has drifted. Needs a build.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const { rules } = JSON.parse(
  execFileSync(process.execPath, ['bin/heddle-ts.js', 'validate', '--rules', '--output', 'json'], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  }),
);

const MEANING = {
  error: 'Heddle rejects the config, or accepts it and it fails or never answers.',
  warning: 'Accepted, and probably not what was meant.',
  note: 'Worth knowing.',
};

const page = `# Rules of \`heddle-ts validate\`

This page is made by \`tools/generate-rules-doc.mjs\`: the examples are run, and what stands under them is what the program says.
\`heddle-ts validate --explain <rule>\` shows a section in the terminal.

| severity | meaning |
|---|---|
${Object.entries(MEANING)
  .map(([severity, meaning]) => `| ${severity} | ${meaning} |`)
  .join('\n')}

To silence a rule on one line, put a comment above it: \`# heddle-ts-disable-next-line <rule>[, <rule>] [-- <reason>]\`. For a whole run: \`--ignore <rule>\`.

| rule | severity | |
|---|---|---|
${rules.map(({ id, severity, summary }) => `| [${id}](#${id}) | ${severity} | ${cell(summary)} |`).join('\n')}

${rules.map(section).join('\n')}`;

function section({ id, severity, kinds, summary, why, remedy, example, output }) {
  const lines = [
    `## ${id}`,
    '',
    `**${severity}**, in ${kinds === 'all' ? 'every kind of config' : kinds.join(', ')}. ${summary}`,
    '',
    prose(why),
    '',
  ];
  for (const [name, text] of Object.entries(example)) {
    lines.push(`\`${name}\`:`, '', '```yaml', visible(text.trimEnd()), '```', '');
  }
  if (output !== '') lines.push('```text', visible(output), '```', '');
  lines.push(`Remedy: ${prose(remedy)}`, '');
  return lines.join('\n');
}

/** Outside code, `<` and `*` would be markup. */
function prose(text) {
  return text.replaceAll('*', '\\*').replaceAll('<', '\\<').replaceAll('_', '\\_');
}

function cell(text) {
  return prose(text).replaceAll('|', '\\|');
}

/** Control characters of an example, shown as YAML would escape them. */
function visible(text) {
  return text.replace(/[\x00-\x08\x0b-\x1f\x7f]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

const file = 'docs/rules.md';
if (process.argv.includes('--check')) {
  if (!existsSync(file) || readFileSync(file, 'utf8').replaceAll('\r\n', '\n') !== page) {
    console.error(`${file} differs from the rules; run: node tools/generate-rules-doc.mjs`);
    process.exit(1);
  }
} else writeFileSync(file, page);
