import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { runCli } from '../helpers/fake-io.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { skipWithoutNatsServer } from '../helpers/nats-server.ts';
import { inProject } from '../helpers/root.ts';
import { FAULTS, type Fault, folderFor, HOME } from './faults.ts';

noLeaks();

interface Document {
  checks: { check: string; status: string; findings: { problem: string; hint: string | null }[] }[];
}

const PAGE = inProject('docs', 'checks.md');
const ROWS = /(<!-- faults: .*-->\n)[\s\S]*?(<!-- \/faults -->)/;
/** A busy machine is not the fault that is made. */
const CALM = ['--rtt-warn', '30s'];
const update = process.env.UPDATE_GOLDEN === '1';
const page = readFileSync(PAGE, 'utf8');
const rows = new Map<Fault, string>();

for (const fault of FAULTS) {
  test(`fault: ${fault.fault}`, { skip: whyNot(fault) }, async (t) => {
    const folder = folderFor(t);
    const { argv, env = {} } = await fault.make(t, folder);
    const from = performance.now();
    const { code, stdout, stderr } = await runCli(['preflight', ...CALM, ...argv, '-o', 'json'], {
      cwd: folder,
      home: join(folder, HOME),
      env,
    });
    const ms = performance.now() - from;
    const { checks } = JSON.parse(stdout) as Document;
    const bad = checks.filter(({ status }) => status === 'failed' || status === 'warning');
    assert.deepEqual(
      bad.map(({ check }) => check),
      fault.checks,
      JSON.stringify(bad, undefined, 1),
    );
    assert.equal(code, fault.exit, 'exit code');
    const finding = bad[0]?.findings[0];
    assert.ok(finding?.hint, 'a remedy');
    assert.ok(ms < (fault.deadline ? 2000 : 3000), `it took ${Math.round(ms)} ms`);
    assert.doesNotMatch(stdout + stderr, /s3cret|wr0ng/, 'secrets');

    const row = `| ${fault.fault} | \`${fault.checks[0]}\` | ${cell(finding.problem, folder)} | ${cell(finding.hint, folder)} |`;
    rows.set(fault, row);
    if (!update)
      assert.ok(page.includes(`${row}\n`), `docs/checks.md has no such row (UPDATE_GOLDEN=1 renews it):\n${row}`);
  });
}

test('the table in docs/checks.md has a row for every fault, and no other', () => {
  const table = ROWS.exec(page)?.[0] ?? '';
  const shown = [...table.matchAll(/^\| (?!Fault|---)(.*?) \| `/gm)].map((match) => match[1]);
  if (!update) {
    assert.deepEqual(
      shown,
      FAULTS.map(({ fault }) => fault),
    );
  }
});

after(() => {
  if (!update || rows.size < FAULTS.length) return;
  const table = [
    '| Fault | Check | It says | Remedy |',
    '|---|---|---|---|',
    ...FAULTS.map((fault) => rows.get(fault)),
    '',
  ];
  writeFileSync(
    PAGE,
    page.replace(ROWS, (_, start: string, end: string) => `${start}${table.join('\n')}${end}`),
  );
});

function whyNot({ real, linux, posix }: Fault): string | false {
  if (posix && process.platform === 'win32') return 'made with symbolic links';
  if (linux && process.platform !== 'linux') return 'made with means of Linux';
  return real ? skipWithoutNatsServer() : false;
}

/** What differs from run to run, made the same. */
function cell(text: string, folder: string): string {
  return text
    .replaceAll(folder, '/srv/heddle')
    .replace(/the name servers (?:do|did) not answer.*$/, 'the name does not exist')
    .replace(/127\.0\.0\.1:\d+/g, '127.0.0.1:4222')
    .replace(/nc -vz 127\.0\.0\.1 \d+/, 'nc -vz 127.0.0.1 4222')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '2026-01-31T12:00:00.000Z')
    .replace(/(takes|within|in) [\d.]+ (m?s)\b/g, '$1 N $2')
    .replace(/\b\d+\.\d s ahead|\b\d+\.\d s behind/g, (found) => found.replace(/[\d.]+/, 'N'))
    .replace(/[\d.]+ MiB wait/g, 'N MiB wait')
    .replaceAll('|', '\\|')
    .replaceAll('\n', ' ');
}
