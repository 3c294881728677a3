import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { BUSES } from '../../helpers/buses.ts';
import { noLeaks } from '../../helpers/leaks.ts';
import { inProject } from '../../helpers/root.ts';
import { startGateway, TOKEN } from '../start.ts';
import { hearResults, listening, sendTasks, until } from './kit.ts';

noLeaks();

const FOLDER = inProject('examples', 'http-worker');
const WORKERS: readonly (readonly [
  language: string,
  probe: readonly string[],
  command: (made: string) => readonly string[],
])[] = [
  ['Python', ['python3', '--version'], () => ['python3', 'worker.py', 'ocr']],
  ['bash', ['bash', '-c', 'command -v curl'], () => ['bash', 'worker.sh', 'ocr', './count.sh']],
  ['Go', ['go', 'version'], (made) => [made, 'ocr']],
];

for (const [language, [program = '', ...flags], commandOf] of WORKERS) {
  const skip = spawnSync(program, flags).status === 0 ? false : `no ${language} on this machine`;
  test(`the example worker in ${language}: tasks are worked on, and SIGTERM ends it cleanly`, {
    skip,
  }, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'heddle-http-worker-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const made = join(folder, 'worker');
    if (language === 'Go') {
      const built = spawnSync('go', ['build', '-o', made, 'worker.go'], { cwd: FOLDER, encoding: 'utf8' });
      assert.equal(built.status, 0, built.stderr);
    }
    const { connect } = await (BUSES[0] ?? assert.fail()).start(t);
    const text = 'workers: {types: {ocr: {lease_s: 1}}}\nauth: {tokens: [{id: w, env: W, scopes: ["work:ocr"]}]}\n';
    const { url } = await startGateway(t, await connect({ reconnect: true }), text, { env: { W: TOKEN } });
    const bus = await connect();
    const results = await hearResults(bus);
    const [file = '', ...args] = commandOf(made);
    const child = spawn(file, args, {
      cwd: FOLDER,
      env: { ...process.env, GATEWAY: url, GATEWAY_TOKEN: TOKEN },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    const ended = once(child, 'close');
    t.after(() => child.kill('SIGKILL'));
    await listening(bus, 'ocr');
    sendTasks(bus, 'ocr', ['a', 'b', 'c'], { payload: { text: 'four' } });
    await until(`the results (${said})`, () => results.length === 3);
    assert.deepEqual(
      results.map(({ task_id, status, output }) => [task_id, status, output]),
      ['a', 'b', 'c'].map((id) => [id, 'completed', { length: 4 }]),
    );
    child.kill('SIGTERM');
    const [code] = (await ended) as [number | null];
    assert.equal(code, 0, said);
  });
}
