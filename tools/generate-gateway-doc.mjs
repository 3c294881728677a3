// Renews the tables of docs/gateway.md from the description that the gateway itself serves.
// `--check` fails when they have drifted. Needs a build.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const described = JSON.parse(
  // With every part that there is.
  execFileSync(
    process.execPath,
    [
      fileURLToPath(new URL('../bin/heddle-ts.js', import.meta.url)),
      ...['gateway', 'openapi', '--config', 'gateway-everything.yaml', '-o', 'json'],
    ],
    {
      encoding: 'utf8',
      cwd: 'tools',
      maxBuffer: 1 << 26,
    },
  ),
);

const routes = Object.entries(described.paths).flatMap(([path, operations]) =>
  Object.entries(operations).map(([method, operation]) => {
    const statuses = Object.entries(operation.responses)
      .filter(
        ([, { content = {} }]) =>
          Object.keys(content).some((type) => type !== 'application/problem+json') || Object.keys(content).length === 0,
      )
      .map(([status]) => status);
    return `| \`${method.toUpperCase()} ${path}\` | ${operation['x-scope'] ?? ''} | ${statuses.join(', ')} | ${cell(operation.summary)} |`;
  }),
);
const problems = Object.entries(described['x-problems'])
  .sort(([a, x], [b, y]) => x.status - y.status || (a < b ? -1 : 1))
  .map(([code, { status, retryable }]) => `| \`${code}\` | ${status} | ${retryable ? 'yes' : ''} |`);
const PARTS = {
  routes: ['| route | scope | answers, beside problems | |', '|---|---|---|---|', ...routes].join('\n'),
  problems: ['| code | status | worth sending again later |', '|---|---|---|', ...problems].join('\n'),
};

const file = 'docs/gateway.md';
const before = readFileSync(file, 'utf8').replaceAll('\r\n', '\n');
const after = before.replaceAll(/(<!-- generated: (\w+) -->\n)[\s\S]*?(<!-- end -->)/g, (whole, open, part, close) =>
  part in PARTS ? `${open}${PARTS[part]}\n${close}` : whole,
);
if (after !== before) {
  if (process.argv.includes('--check')) {
    console.error(`${file} differs from the routes; run: node tools/generate-gateway-doc.mjs`);
    process.exit(1);
  }
  writeFileSync(file, after);
}

function cell(text) {
  return text.replaceAll('|', '\\|').replaceAll('<', '\\<');
}
