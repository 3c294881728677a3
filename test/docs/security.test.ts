import assert from 'node:assert/strict';
import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readPage } from '../../src/gateway/console/page.ts';
import { runCli, startCli } from '../helpers/fake-io.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { inProject } from '../helpers/root.ts';
import { startEchoBus } from '../submit/actors.ts';

noLeaks();

// What docs/security.md says of files and of the console. Its table of credentials is held in test/cli/settings/mixing.test.ts.

const page = readFileSync(inProject('docs', 'security.md'), 'utf8');

test('every file of the table is made with its mode', {
  skip: process.platform === 'win32' ? 'modes are of POSIX' : false,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-security-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const { url } = await startEchoBus(t);
  const world = { cwd: folder, home: folder, env: { NATS_URL: url } };
  writeFileSync(join(folder, 'tasks.ndjson'), '{"n":1}\n');
  const before = process.umask(0);
  t.after(() => process.umask(before));

  const done = async (...argv: string[]): Promise<void> => {
    const { code, stderr } = await runCli(argv, world);
    assert.equal(code, 0, `${argv.join(' ')}: ${stderr}`);
  };
  const untilSeen = async (pattern: RegExp, ...argv: string[]): Promise<void> => {
    const { io, exit } = startCli(argv, world);
    await io.seen(pattern, 30_000);
    if (argv.includes('--ready-file')) modes.set('dev --ready-file', modeOf('ready.json'));
    io.signal('SIGTERM');
    await exit;
  };
  const modeOf = (...at: string[]): string => (lstatSync(join(folder, ...at)).mode & 0o777).toString(8);
  const modes = new Map<string, string>();

  await done('submit', 'echo', '--jsonl', 'tasks.ndjson', '--journal', 'journal');
  modes.set('submit --journal', modeOf('journal'));
  await untilSeen(/following/, 'tail', '--record', 'recording');
  modes.set('tail --record', modeOf('recording'));
  await untilSeen(/listening|watching|keeping/i, 'dead-letter', 'watch', '--store', 'letters');
  const store = readdirSync(join(folder, 'letters'), { recursive: true, encoding: 'utf8' });
  const isFolder = (at: string): boolean => lstatSync(join(folder, 'letters', at)).isDirectory();
  for (const each of store.filter(isFolder)) assert.equal(modeOf('letters', each), '700', each);
  const stored = store.filter((each) => !isFolder(each)).map((each) => modeOf('letters', each));
  assert.equal(new Set(stored).size, 1, 'its files have one mode');
  modes.set('dead-letter watch --store', stored[0] ?? '');
  await done('dead-letter', 'export', '--store', 'letters', 'exported');
  modes.set('dead-letter export', modeOf('exported'));
  await untilSeen(/^ready /m, 'dev', '--bus', 'builtin', '--ready-file', 'ready.json');
  await done('completion', 'values', 'workers', `heddle-ts submit --nats-url ${url} `);
  const kept = join('.cache', 'heddle-ts');
  assert.equal(modeOf(kept), '700');
  modes.set('the shell', modeOf(kept, readdirSync(join(folder, kept))[0] ?? ''));

  const rows = [...page.matchAll(/^\| [^|]+ \| (?:`([^`]+)`|(the shell), [^|]*) \| (\d{3}) \|$/gm)];
  const told = rows.map(([, command, shell, mode = '']) => [command ?? shell ?? '', mode] as const);
  assert.ok(told.length > 0);
  assert.deepEqual([...modes].sort(), told.sort());
});

test('the policy of the console is the one that the page shows', () => {
  const told = /^default-src 'none'; .*$/m.exec(page)?.[0];
  const policy = readPage().headers['content-security-policy'] ?? '';
  assert.equal(policy.replaceAll(/'sha256-[\w+/=]+'/g, "'sha256-…'"), told);
});
