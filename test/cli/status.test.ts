import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startBroker } from '../../src/broker/broker.ts';
import { PLAIN } from '../../src/cli/screen/style.ts';
import { changesBetween } from '../../src/cli/status/changes.ts';
import { watchPicture } from '../../src/cli/status/picture.ts';
import { withRates } from '../../src/cli/status/rates.ts';
import { type StatusView, standingOf } from '../../src/cli/status/view.ts';
import { buildTopology } from '../../src/topology/build-topology.ts';
import type { Connection } from '../../src/topology/connection.ts';
import { HTTP_NONE } from '../../src/topology/http-workers.ts';
import { NOTHING_KEPT } from '../../src/topology/kept.ts';
import { runCli, startCli } from '../helpers/fake-io.ts';
import { type Glass, openGlass } from '../helpers/glass.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { type Actor, act, actAll, HEALTHY, processor, ROUTER } from '../preflight/actors.ts';
import { client, healthy } from '../topology/made-up.ts';

noLeaks();

const EVERYTHING = { worker: undefined, tier: undefined, problems: false, sort: undefined };

function viewOf(connections: readonly Connection[], choice: Partial<StatusView['choice']> = {}): StatusView {
  const where = 'nats://localhost:4222';
  const map = buildTopology(connections, {
    servers: [
      {
        id: 'S1',
        name: 'one',
        version: '2.10.7',
        cluster: undefined,
        jetstream: false,
        time: undefined,
        connections: 1,
      },
    ],
  });
  return { map, kept: NOTHING_KEPT, http: HTTP_NONE, where, expected: undefined, choice: { ...EVERYTHING, ...choice } };
}

const THREE_HUNDRED = Array.from({ length: 300 }, (_, at) =>
  client(at + 10, [
    `heddle.tasks.worker-${String(at).padStart(3, '0')}.local @processors-worker-${String(at).padStart(3, '0')}`,
  ]),
);

test('three hundred workers fit any screen: the bus, the sums and the problems stand, the rest is counted', () => {
  const view = viewOf(THREE_HUNDRED);
  const standing = standingOf(view);
  for (const [width, height] of [
    [80, 24],
    [120, 40],
    [40, 10],
    [300, 100],
  ] as const) {
    for (const offset of [0, 7, 150, 1_000_000]) {
      const screen = { style: PLAIN, width, color: 0, unicode: true, interactive: true, spinner: true } as const;
      const changes = [{ at: 0, text: 'worker a.local came, 1 replica' }];
      const { lines } = watchPicture({ view, standing, trouble: undefined, changes, offset }, height, screen);
      assert.ok(lines.length <= height, `${lines.length} of ${height}`);
      assert.match(lines[0] ?? '', /^nats:\/\/localhost:4222/);
      assert.match(lines[1] ?? '', /^3 problems {2}300 workers/);
      assert.match(lines[2] ?? '', /✗ no router listens/);
      assert.ok(lines.some((line) => /^ {2}ROLE +NAME/.test(line)));
      const [, more] = /… (\d+) more/.exec(lines.at(-1) ?? '') ?? [];
      const [, above] = /(\d+) above/.exec(lines.at(-1) ?? '') ?? [];
      const shown = lines.filter((line) => /^ {2}worker /.test(line)).length;
      // The change is told among them, and is no row.
      assert.equal(Number(more ?? 0) + Number(above ?? 0) + shown, 300, lines.join('\n'));
    }
  }
});

test('what changed is who is there and what is wrong, and no counter', () => {
  const before = standingOf(viewOf(healthy()));
  assert.deepEqual(changesBetween(before, before), []);
  const busier = healthy().map((each) => ({
    ...each,
    subscriptions: each.subscriptions.map((one) => ({ ...one, received: 99 })),
  }));
  assert.deepEqual(changesBetween(before, standingOf(viewOf(busier))), []);
  const [router, first, second, ...others] = healthy();
  assert.ok(router && first && second);
  const after = standingOf(viewOf([first, ...others, client(50, ['heddle.tasks.ocr.local @processors-ocr'])]));
  assert.deepEqual(changesBetween(before, after), [
    'problem: no router listens on heddle.tasks.incoming: every task is lost',
    'worker echo.local (processors): 1 replica, 2 before',
    'worker ocr.local (processors) came, 1 replica',
    'reload: 3 replicas, 4 before',
    'router went, 1 replica before',
  ]);
  assert.deepEqual(changesBetween(after, before).slice(0, 1), [
    'no more: no router listens on heddle.tasks.incoming: every task is lost',
  ]);
});

test('rates are of two readings, and unknown of who began anew', () => {
  const rows = standingOf(viewOf(healthy())).rows;
  const faster = rows.map((row) => ({ ...row, received: row.role === 'router' ? 0 : (row.received ?? 0) + 20 }));
  const rated = withRates(faster, { before: rows, ms: 2000 });
  const rateOf = (role: string): number | undefined => rated.find((row) => row.role === role)?.perSecond;
  assert.deepEqual([rateOf('worker'), rateOf('router')], [10, undefined]);
});

async function busWith(t: TestContext, actors: readonly Actor[]): Promise<string> {
  const broker = await startBroker();
  t.after(() => broker.close());
  await actAll(t, broker.url, actors);
  return broker.url;
}

test('--worker and --tier show those alone with their problems, and say who is meant by a slip', async (t) => {
  const url = await busWith(t, [...HEALTHY, processor('ocr'), { hears: [['heddle.tasks.resize.local']] }]);
  const run = async (...argv: string[]) =>
    await runCli(['status', '--nats-url', url, ...argv], { env: { NO_COLOR: '1' }, tty: 100 });
  const one = await run('--worker', 'ocr');
  assert.match(one.stdout, /^0 problems {2}1 worker of 1 type/m);
  assert.match(one.stdout, /worker +ocr +local/);
  assert.doesNotMatch(one.stdout, /echo|router +-|resize/);
  assert.match(
    (await run('--worker', 'resize')).stdout,
    /1 problem .*\n[\s\S]*worker +resize[\s\S]*without a queue group/,
  );
  assert.match((await run('--worker', 'orc')).stdout, /no worker orc is on this bus; did you mean "ocr"\?/);
  assert.match((await run('--tier', 'frontier')).stdout, /no worker of tier frontier is on this bus/);
  const json = JSON.parse((await run('--worker', 'ocr', '-o', 'json')).stdout);
  assert.deepEqual(
    [json.workers.map(({ type }: { type: string }) => type), json.problems, json.routers.length],
    [['ocr'], [], 1],
  );
  const sorted = await run('--sort', 'name');
  const names = [...sorted.stdout.matchAll(/^ {2}worker +(\w+)/gm)].map(([, name]) => name);
  assert.deepEqual(names, ['echo', 'ocr', 'resize']);
  const once = await run('--sort', 'rate');
  assert.equal(once.code, 2);
  assert.match(once.stderr, /--sort rate takes two readings/);
});

test('--problems shows what is wrong, and the sums', async (t) => {
  const url = await busWith(t, [ROUTER, ROUTER]);
  const { stdout } = await runCli(['status', '--nats-url', url, '--problems'], { env: { NO_COLOR: '1' }, tty: 100 });
  assert.match(stdout, /^3 problems {2}0 workers of 0 types {2}2 routers/m);
  assert.match(stdout, /✗ 2 routers listen without a queue group/);
  assert.doesNotMatch(stdout, /ROLE/);
});

test('--watch on a pipe writes the picture once, then changes alone', async (t) => {
  const url = await busWith(t, [ROUTER]);
  const { io, exit } = startCli(['status', '--nats-url', url, '--watch', '100ms'], { env: {} });
  await io.seen(/no router|goals/);
  const first = io.out();
  await act(t, url, processor('echo'));
  await io.seen(/worker echo\.local \(processors\) came, 1 replica/);
  io.signal('SIGTERM');
  assert.equal(await exit, 143);
  const later = io.out().slice(first.length).trimEnd().split('\n');
  for (const line of later) assert.match(line, /^\d\d:\d\d:\d\d {2}\S/);
  assert.equal(io.out().match(/ROLE/g)?.length, 1);
});

test('--watch on a terminal draws over itself, tells changes, and says first that the bus is gone', async (t) => {
  let broker = await startBroker();
  t.after(() => broker.close());
  await actAll(t, broker.url, [ROUTER]);
  const { port, url } = broker;
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => {} });
  const env = { TERM: 'xterm', LANG: 'C.UTF-8' };
  const { io, exit } = startCli(['status', '--nats-url', url, '--watch', '100ms'], { env, tty: 80, rows: 24, stdin });
  const glass = openGlass(80, 24);
  let fed = 0;
  const shows = async (pattern: RegExp): Promise<string> => {
    for (let look = 0; look < 3000; look += 1) {
      const text = io.out();
      await glass.write(text.slice(fed));
      fed = text.length;
      const shown = textOf(glass);
      if (pattern.test(shown)) return shown;
      await sleep(10);
    }
    assert.match(textOf(glass), pattern);
    return '';
  };
  await shows(/router +- +1/);
  await act(t, url, processor('echo'));
  const changed = await shows(/\d\d:\d\d:\d\d {2}worker echo\.local \(processors\) came, 1 replica/);
  assert.match(changed, /^nats:\/\/127\.0\.0\.1:\d+ /);
  await broker.close();
  const gone = await shows(/^✗ the bus is gone since \d\d:\d\d:\d\d/);
  assert.doesNotMatch(gone, /ROLE/);
  broker = await startBroker({ port });
  const back = await shows(/the bus answers again/);
  assert.match(back, /\d\d:\d\d:\d\d {2}router went, 1 replica before/);
  assert.doesNotMatch(io.out(), /\u001b\[\d*J/, 'nothing is cleared');
  stdin.write('q');
  assert.equal(await exit, 0);
  assert.match(io.out(), /\u001b\[\?1049l$/);
});

test('that the bus went, and came back, is told by the connection and not by the next reading', async (t) => {
  let broker = await startBroker();
  t.after(() => broker.close());
  const { port, url } = broker;
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => {} });
  const argv = ['status', '--nats-url', url, '--watch', '1h'];
  const { io, exit } = startCli(argv, { env: { TERM: 'xterm', LANG: 'C', NO_COLOR: '1' }, tty: 80, rows: 24, stdin });
  await io.seen(/no router listens/);
  await broker.close();
  await io.seen(/the bus is gone since/);
  broker = await startBroker({ port });
  await io.seen(/the bus answers again/, 40_000);
  io.signal('SIGTERM');
  assert.equal(await exit, 143);
});

function textOf(glass: Glass): string {
  return glass.lines().join('\n');
}
