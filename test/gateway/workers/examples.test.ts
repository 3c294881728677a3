import assert from 'node:assert/strict';
import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { BUSES } from '../../helpers/buses.ts';
import { noLeaks } from '../../helpers/leaks.ts';
import { inProject } from '../../helpers/root.ts';
import { startGateway, TOKEN } from '../start.ts';
import { hearResults, listening, sendTasks, until } from './kit.ts';

noLeaks();

const FOLDER = inProject('examples', 'http-worker');
const LEASE_S = 3;
/** As the worker stands, but for work that takes as long as its payload says. */
const SLOWLY = `import time, worker
quick = worker.handle
def handle(payload, item):
    time.sleep(payload["s"])
    return quick(payload, item)
worker.handle = handle
worker.main(["ocr"])`;

interface Example {
  readonly language: string;
  readonly probe: readonly [string, ...string[]];
  /** What runs the worker as it stands, but for work that takes its time; `folder` is of the test's own. */
  command(folder: string): Promise<readonly [string, ...string[]]>;
}

const EXAMPLES: readonly Example[] = [
  { language: 'Python', probe: ['python3', '--version'], command: async () => ['python3', '-c', SLOWLY] },
  {
    language: 'bash',
    probe: ['bash', '-c', 'command -v curl'],
    command: async (folder) => {
      const program = join(folder, 'slow.sh');
      const sleeping = `sleep "$(sed -n 's/.*"s":\\([0-9]*\\).*/\\1/p' <<<"$item")"`;
      writeFileSync(program, `#!/bin/bash\nitem=$(cat)\n${sleeping}\n./count.sh <<<"$item"\n`, { mode: 0o755 });
      return ['bash', 'worker.sh', 'ocr', program];
    },
  },
  {
    language: 'Go',
    probe: ['go', 'version'],
    command: async (folder) => {
      const source = readFileSync(join(FOLDER, 'worker.go'), 'utf8');
      const slow = source
        .replace('Text string `json:"text"`', '$&\n\t\tS time.Duration `json:"s"`')
        .replace('\treturn map[string]int', '\ttime.Sleep(in.S * time.Second)\n$&');
      assert.notEqual(slow, source);
      writeFileSync(join(folder, 'worker.go'), slow);
      // Not in step: the gateways of the others run in this process.
      await promisify(execFile)('go', ['build', '-o', join(folder, 'worker'), join(folder, 'worker.go')]);
      return [join(folder, 'worker'), 'ocr'];
    },
  },
];

const TEXT = `workers: {types: {ocr: {lease_s: ${LEASE_S}}}}\nauth: {tokens: [{id: w, env: W, scopes: ["work:ocr", metrics]}]}\n`;

describe('example workers', { concurrency: true }, () => {
  for (const { language, probe, command } of EXAMPLES) {
    const [program, ...flags] = probe;
    const skip = spawnSync(program, flags).status === 0 ? false : `no ${language} on this machine`;
    test(`in ${language}: a lease is kept for work that takes longer, a gateway that was away is found again, SIGTERM ends it when its task is done`, {
      skip,
    }, async (t) => {
      const folder = mkdtempSync(join(tmpdir(), 'heddle-http-worker-'));
      t.after(() => rmSync(folder, { recursive: true, force: true }));
      const [file, ...args] = await command(folder);
      const { connect } = await (BUSES[0] ?? assert.fail()).start(t);
      const start = async (listen = '') =>
        await startGateway(t, await connect({ reconnect: true }), listen + TEXT, { env: { W: TOKEN } });
      const first = await start();
      const { url } = first;
      const bus = await connect();
      const results = await hearResults(bus);
      const child = spawn(file, args, {
        cwd: FOLDER,
        env: { ...process.env, GATEWAY: url, GATEWAY_TOKEN: TOKEN, PYTHONDONTWRITEBYTECODE: '1' },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let said = '';
      child.stderr.on('data', (chunk: Buffer) => {
        said += chunk.toString();
      });
      const ended = once(child, 'close');
      t.after(() => child.kill('SIGKILL'));
      const isDone = (count: number) => until(`result ${count} (${said})`, () => results.length === count, 25_000);

      await listening(bus, 'ocr');
      sendTasks(bus, 'ocr', ['a'], { payload: { text: 'four', s: LEASE_S + 1 } });
      await isDone(1);

      await first.drain(2_000);
      const { hostname, port } = new URL(url);
      const second = await start(`listen: ${hostname}:${port}\n`);
      await listening(bus, 'ocr');
      sendTasks(bus, 'ocr', ['b'], { payload: { text: 'four', s: 0 } });
      await isDone(2);

      await listening(bus, 'ocr');
      sendTasks(bus, 'ocr', ['c'], { payload: { text: 'four', s: LEASE_S } });
      // Its heartbeat, after the answer to the second: a lease alone is the gateway's word, and who has not read of it leaves it to the next.
      const atWork = /worker_resolves_total\{outcome="ok"\} 2/;
      const metrics = async () =>
        await (await second.ask('/metrics', { headers: { authorization: `Bearer ${TOKEN}` } })).text();
      await until('the third is at work', async () => atWork.test(await metrics()));
      child.kill('SIGTERM');
      await until(`it ends (${said})`, () => child.exitCode !== null || child.signalCode !== null, 25_000);
      await ended;
      assert.equal(child.exitCode, 0, said);
      await isDone(3);
      assert.deepEqual(
        results.map(({ task_id, status, output }) => [task_id, status, output]),
        ['a', 'b', 'c'].map((id) => [id, 'completed', { length: 4 }]),
      );
    });
  }
});
