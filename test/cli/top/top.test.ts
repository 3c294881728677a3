import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { SCREEN_NAMES } from '../../../src/cli/top/flags.ts';
import { SCREENS } from '../../../src/cli/top/screens/list.ts';
import { runCli } from '../../helpers/fake-io.ts';
import { noLeaks } from '../../helpers/leaks.ts';
import { inProject } from '../../helpers/root.ts';
import { client } from '../../topology/made-up.ts';
import { eventful, openScene, type Scene } from './scene.ts';

noLeaks();

const ESCAPE = '\u001b';
const UP = '\u001b[A';
const DOWN = '\u001b[B';

test('each screen is a file of its name, on a key of its own', () => {
  const files = readdirSync(inProject('src', 'cli', 'top', 'screens')).filter((name) => name !== 'list.ts');
  assert.deepEqual([...SCREEN_NAMES].map((name) => `${name}.ts`).sort(), files.sort());
  assert.deepEqual(
    SCREENS.map(({ title }) => title.toLowerCase().replace(' ', '-')),
    [...SCREEN_NAMES],
  );
});

test('each screen says what it knows, the broken things first', async (t) => {
  const scene = await openScene(t, { columns: 120, rows: 40 });
  await eventful(scene);
  const { press, text, lines } = scene;
  const screens: Record<string, string> = {};
  for (const [at] of SCREENS.entries()) {
    await press(String(at + 1));
    screens[SCREEN_NAMES[at] ?? ''] = await text();
    const [title = '', sums = ''] = await lines();
    assert.match(title, /heddle-ts top/);
    assert.match(sums, /^1 problem {2}.* in flight {2}3 failed/);
  }
  const { bus = '', workers = '', tasks = '', goals = '', stream = '' } = screens;
  assert.match(bus, /✗ tasks are routed to ocr\.local, where nobody listens/);
  assert.match(bus, /routers +1: python3 2\.14\.0 at 10\.0\.0\.1:40001/);
  const order = (text: string, ...words: readonly RegExp[]): void => {
    const at = words.map((word) => text.search(word));
    assert.ok(!at.includes(-1), `${words.map(String)} in\n${text}`);
    assert.deepEqual(
      [...at].sort((a, b) => a - b),
      at,
      text,
    );
  };
  order(workers, /✗ +ocr +local/, /‼ +summarizer +standard/, /echo +local +processors/);
  order(tasks, /✗ no answer +00000001/, /✗ refused +00000070/, /✗ failed +00000061/, /slow +00000051/);
  assert.match(goals, /running +a1b2c3d4\S* +█+ +1 of 2/);
  assert.match(screens['dead-letters'] ?? '', /3 letters in 2 groups/);
  assert.match(stream, /dead +echo +bad tier/);
});

test('gateways are named with what work comes to them from, and with nothing that is gone', async (t) => {
  const inputs = ['heddle.gateway.inputs.plant.mqtt.press', 'heddle.gateway.inputs.plant.sidecar.usb'];
  const replica = (cid: number, hears: readonly string[]) =>
    client(cid, ['heddle.tasks.dead_letter @gateway-plant', ...hears], { name: 'heddle-ts gateway plant' });
  const edge = client(22, ['heddle.tasks.dead_letter'], { name: 'heddle-ts gateway edge' });
  const { text, people, wait } = await openScene(t, {
    columns: 120,
    rows: 40,
    people: [replica(20, inputs), replica(21, inputs.slice(0, 1)), edge],
  });
  assert.match(await text(), /gateways +edge, 1 replica; plant, 2 replicas, with mqtt press, sidecar usb\n/);
  people([replica(20, inputs.slice(1))]);
  await wait(5000);
  assert.match(await text(), /gateways +plant, 1 replica, with sidecar usb\n/);
  people([]);
  await wait(5000);
  assert.doesNotMatch(await text(), /gateways/);
});

test('a task opens to its way, a goal to its stages, and Escape leads back', async (t) => {
  const scene = await openScene(t, { columns: 100, rows: 30 });
  await eventful(scene);
  const { press, text } = scene;
  await press('3', DOWN, DOWN, DOWN, '\r');
  const way = await text();
  assert.match(way, /task 00000061-/);
  assert.match(way, /0ms {2}published +→ heddle\.tasks\.incoming/);
  assert.match(way, /0ms {2}routed +→ heddle\.tasks\.summarizer\.standard/);
  assert.match(way, /3\d\dms {2}result +failed → heddle\.results\.default/);
  assert.match(way, /the model gave no answer in 61 s/);
  await press(ESCAPE, '4', '\r');
  assert.match(await text(), /extract +█+ +9\d\dms {2}completed\n *summarise +█+ +no answer/);
  await press(ESCAPE);
  assert.match(await text(), /\[4 Goals\].*\n1 running/);
});

test('a filter keeps what passes, in the words of --where, and says what it cannot mean', async (t) => {
  const scene = await openScene(t, { columns: 100, rows: 30 });
  await eventful(scene);
  const { press, lines, text } = scene;
  const rows = async (): Promise<string[]> => (await lines()).slice(6, -1).filter((line) => line.trim() !== '');
  await press('2', '/', ...'worker_type=echo', '\r');
  assert.deepEqual(
    (await rows()).map((line) => line.split(/ +/)[2]),
    ['local'],
  );
  assert.match(await text(), /\/worker_type=echo {2}\(Esc shows all\)/);
  await press('/', ...'failed>=2', '\r');
  assert.match((await rows()).join('\n'), /summarizer/);
  await press('/', ...'summar', '\r');
  assert.equal((await rows()).length, 1);
  await press('/', ...'failde>1', '\r');
  assert.match(await text(), /no row here has a "failde" \(Did you mean "failed"\?\)/);
  await press(ESCAPE);
  assert.equal((await rows()).length, 3);
  await press('6', '/', ...'error~no answer', '\r');
  const found = (await lines()).filter((line) => line.includes('failed '));
  assert.equal(found.length, 2, await text());
  await press('/', ...'eror~x', '\r');
  assert.match(await text(), /no message of Heddle has a "eror" \(Did you mean "error"/);
});

test('any column sorts, either way, and what is unknown stands last', async (t) => {
  const scene = await openScene(t, { columns: 120, rows: 30 });
  await eventful(scene);
  const { press, lines } = scene;
  const types = async (): Promise<string[]> =>
    (await lines()).slice(6, -1).flatMap((line) => /(ocr|summarizer|echo) /.exec(line)?.[1] ?? []);
  await press('2', '>', '>');
  assert.match((await lines())[5] ?? '', /TYPE▴/);
  assert.deepEqual(await types(), ['echo', 'ocr', 'summarizer']);
  await press('r');
  assert.deepEqual(await types(), ['summarizer', 'ocr', 'echo']);
  await press('>', '>', '>', '>', '>');
  assert.match((await lines())[5] ?? '', /RATE▾/);
  await press('>');
  assert.match((await lines())[5] ?? '', /P50▾/);
  assert.deepEqual((await types()).at(-1), 'ocr', 'of which nobody knows any');
  await press(ESCAPE);
  assert.deepEqual(await types(), ['ocr', 'summarizer', 'echo']);
});

test('a picture that is held stands still, and goes on to count', async (t) => {
  const { press, text, send, wait } = await openScene(t);
  await press('6', ' ');
  assert.match(await text(), /PAUSED/);
  send('heddle.tasks.echo.local', { task_id: 'held', worker_type: 'echo', payload: {} });
  await wait(3000);
  const held = await text();
  assert.doesNotMatch(held, /task +echo/);
  assert.match(held, /1 in flight/);
  await press(' ');
  assert.match(await text(), /task +echo/);
});

test('a step up in the stream holds it, and its end is followed again', async (t) => {
  const { press, text, send, wait } = await openScene(t, { flags: { screen: 5 } });
  const pass = async (from: number, count: number): Promise<void> => {
    for (let n = from; n < from + count; n += 1) {
      send('heddle.tasks.echo.local', { task_id: `task-${n}`, worker_type: 'echo', payload: {} });
    }
    await wait(200);
  };
  await pass(0, 5);
  await press(UP);
  // More than are kept: what somebody reads must not go under their eyes.
  await pass(1000, 2000);
  assert.match(await text(), /PAUSED[\s\S]*> .*task-3/);
  await press('G');
  assert.doesNotMatch(await text(), /PAUSED/);
  assert.match(await text(), /task-299/);
});

test('the chosen row stays chosen when others come before it', async (t) => {
  const { press, lines, send, wait } = await openScene(t);
  const fail = async (id: string): Promise<void> => {
    send('heddle.tasks.echo.local', { task_id: id, worker_type: 'echo', payload: {} });
    send('heddle.results.default', { task_id: id, worker_type: 'echo', status: 'failed', error: 'x' });
    await wait(200);
  };
  await fail('first');
  await fail('second');
  await press('3', DOWN);
  const chosen = async (): Promise<string> => (await lines()).find((line) => line.startsWith('>')) ?? '';
  assert.match(await chosen(), /first/);
  await fail('third');
  assert.match(await chosen(), /first/);
  await press(UP, UP);
  assert.match(await chosen(), /third/);
});

test('y says the command that gives the same, and copies it when asked', async (t) => {
  const { press, text, io } = await openScene(t, { columns: 60 });
  await press('6', '/', ...'error~"it\'s"', '\r', 'y');
  assert.match(await text(), /heddle-ts tail --all -o ndjson --where 'error~"it'\\''s"'/);
  const before = io.out().length;
  await press('Y');
  const [, copied = ''] = /\u001b\]52;c;([^\u0007]+)\u0007/.exec(io.out().slice(before)) ?? [];
  assert.equal(Buffer.from(copied, 'base64').toString(), `heddle-ts tail --all -o ndjson --where 'error~"it'\\''s"'`);
  assert.match(await text(), /copied, where the terminal takes it/);
});

/** What files and modules take is a time of their own, which no clock of ours knows. */
async function said({ text, wait }: Scene, pattern: RegExp): Promise<void> {
  for (let look = 0; look < 500 && !pattern.test(await text()); look += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    await wait(1);
  }
  assert.match(await text(), pattern);
}

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-top-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('s writes the screen and all its rows to a file of one own, and over none', async (t) => {
  const cwd = folderOf(t);
  const scene = await openScene(t, { cwd });
  await eventful(scene);
  const { press } = scene;
  await press('2', 's', '\u0015', ...'w.json', '\r');
  await said(scene, /written: w\.json/);
  const path = join(cwd, 'w.json');
  assert.equal(statSync(path).mode & 0o777, 0o600);
  const { screen, rows, title } = JSON.parse(readFileSync(path, 'utf8'));
  assert.equal(title, 'Workers');
  assert.match(screen.join('\n'), /\[2 Workers\]/);
  assert.deepEqual(rows[0].worker_type, 'ocr');
  writeFileSync(path, 'mine');
  await press('s', '\u0015', ...'w.json', '\r');
  await said(scene, /w\.json is there already/);
  assert.equal(readFileSync(path, 'utf8'), 'mine');
});

test('a bus that is gone is the first thing that is said, and what was missed stays in the title', async (t) => {
  const scene = await openScene(t, { flags: { every: 600_000 } });
  await eventful(scene);
  const { bus, wait, lines, press, people } = scene;
  await press('2');
  bus.stop();
  await wait(500);
  assert.match((await lines())[0] ?? '', /^✗ BUS GONE since 12:00:3\d/);
  assert.match((await lines()).join('\n'), /ocr +local/, 'what was known is still there to be read');
  people([client(1, ['heddle.tasks.incoming @router'])]);
  await press('1');
  assert.match((await lines()).join('\n'), /> the bus is gone since 12:00:3\d/);
  bus.start();
  await wait(500);
  assert.match((await lines())[1] ?? '', /0 workers {2}1 router/, 'who is there now is asked at once');
  await wait(40_000);
  const [title = ''] = await lines();
  assert.doesNotMatch(title, /GONE/);
  assert.match(title, /^1 gap, 0\+ missed/);
});

test('letters that no stream keeps may lie in a folder: nothing is said of what is not read', async (t) => {
  const scene = await openScene(t, { columns: 100, rows: 30 });
  await eventful(scene);
  const { press, text } = scene;
  await press('5');
  await said(scene, /no stream keeps them, and no folder is read here; seen since [\d:]+: 3 letters in 2 groups/);
  await press('\r');
  const closer = await text();
  assert.match(
    closer,
    /this server has no JetStream\. From now on this keeps what fails:\nheddle-ts dead-letter watch --store \.\/dead-letters\n/,
  );
  assert.match(closer, /What a folder keeps already is seen with: heddle-ts dead-letter groups --store\n/);
  assert.doesNotMatch(closer, /dead-letter enable/, 'it would be refused');
  await press(ESCAPE, 'y');
  assert.match(await text(), /heddle-ts dead-letter groups --store \.\/dead-letters -o json/);
});

test('what the servers do not tell is unknown, and looks like nothing else', async (t) => {
  const { people, press, text, wait } = await openScene(t, { people: [] });
  await press('2');
  assert.match(await text(), /3 problems .*0 workers {2}0 routers/);
  assert.match(await text(), /no worker is on the bus/);
  people(undefined);
  await wait(10_000);
  assert.match(await text(), /^3 problems \(as of 12:00:0\d\)/m, 'what was known is told with its time');

  const blind = await openScene(t, { people: 'untold' });
  await blind.wait(5000);
  for (const key of ['1', '2']) {
    await blind.press(key);
    assert.match(await blind.text(), /^problems unknown .*workers \? {2}routers \?/m);
    assert.match(await blind.text(), /who is on the bus is unknown: /);
  }
  blind.send('heddle.tasks.echo.local', { task_id: 't', worker_type: 'echo', payload: {} });
  await blind.wait(2000);
  assert.match(await blind.text(), /echo +local +\? +1 /);
});

test('on ten rows of forty columns everything of weight is still there', async (t) => {
  const scene = await openScene(t, { columns: 40, rows: 10 });
  await eventful(scene);
  const { press, lines, resize } = scene;
  for (const key of ['1', '2', '3', '4', '5', '6']) {
    await press(key);
    const seen = await lines();
    assert.equal(seen.length, 10);
    assert.match(seen[1] ?? '', /^1 problem/);
    assert.match(seen[2] ?? '', new RegExp(`\\[${key} `));
    for (const line of seen) assert.ok([...line].length <= 40, line);
  }
  await press('2');
  assert.match((await lines()).join('\n'), /✗ +ocr/);
  await resize(300, 100);
  assert.equal((await lines()).length, 100);
  assert.match((await lines()).join('\n'), /heddle-ts top {2}memory:\/\/heddle-ts {2}nats-server 2\.10\.7/);
  await resize(1, 1);
  await press('1', '2', '3', '4', '5', '6', '?', ESCAPE, '/', 'x', '\r');
  await resize(80, 24);
  assert.match((await lines()).join('\n'), /\[6 Stream\]/);
});

test('three hundred workers: header, problems and sums stand whatever is chosen', async (t) => {
  const many = Array.from({ length: 300 }, (_, at) =>
    client(at + 10, [`heddle.tasks.worker-${at % 60}.local @processors-worker-${at % 60}`]),
  );
  for (const [columns, rows] of [
    [80, 24],
    [120, 40],
  ] as const) {
    const { press, lines } = await openScene(t, { columns, rows, people: many, flags: { screen: 1 } });
    for (const keys of [[], [DOWN, DOWN], ['\u001b[6~', '\u001b[6~'], ['G'], ['g']]) {
      await press(...keys);
      const seen = await lines();
      assert.match(seen[1] ?? '', /^3 problems .*300 workers/);
      assert.match(seen[2] ?? '', /✗ no router listens on heddle\.tasks\.incoming/);
      assert.match(seen[4] ?? '', /60 workers of 60 types, 300 replicas/);
      assert.match(seen[5] ?? '', /TYPE +TIER/);
      assert.ok(seen.some((line) => line.startsWith('> ')));
    }
  }
});

test('nothing is written while nothing happens', async (t) => {
  const { io, wait, send, press } = await openScene(t);
  send('heddle.tasks.echo.local', { task_id: 't', worker_type: 'echo', payload: {} });
  await wait(200);
  send('heddle.results.default', { task_id: 't', worker_type: 'echo', status: 'completed', processing_time_ms: 5 });
  await wait(10_000);
  for (const key of ['1', '2', '3', '4', '5', '6']) {
    await press(key);
    await wait(1000);
    const before = io.out().length;
    await wait(200_000);
    assert.equal(io.out().length, before, `screen ${key}: ${JSON.stringify(io.out().slice(before))}`);
  }
});

test('no more than ten pictures a second, whatever passes', async (t) => {
  const { io, wait, send } = await openScene(t);
  let pictures = 0;
  io.stdout.onText = () => {
    pictures += 1;
  };
  for (let round = 0; round < 100; round += 1) {
    for (let each = 0; each < 50; each += 1)
      send('heddle.tasks.echo.local', { task_id: `${round}-${each}`, worker_type: 'echo', payload: {} });
    await wait(20);
  }
  assert.ok(pictures > 0 && pictures <= 21, `${pictures} in two seconds`);
});

test('without colours and without UTF-8 it is all there in ASCII', async (t) => {
  const scene = await openScene(t, { env: { LANG: 'C' } });
  await eventful(scene);
  scene.send('heddle.tasks.größe.local', { task_id: 'x', worker_type: 'größe', payload: {} });
  await scene.wait(1000);
  for (const key of ['1', '2', '3', '4', '5', '6', '?']) await scene.press(key);
  await scene.press(ESCAPE, '2');
  assert.match(await scene.text(), /gr\?\?e/);
  assert.doesNotMatch(scene.io.out(), /[^\u0000-\u007f]/);
  assert.doesNotMatch(scene.io.out(), /\u001b\[(?!0m)[\d;]*m/);
});

test('text of strangers moves nothing', async (t) => {
  const { press, send, wait, lines, io } = await openScene(t, { rows: 20 });
  const evil = '\u001b[2J\u001b[35m\u0007\u202e漢字e\u0301👩‍👩‍👧';
  send('heddle.tasks.incoming', { task_id: evil, worker_type: evil, payload: {} });
  send('heddle.tasks.dead_letter', {
    reason: evil,
    task_id: evil,
    worker_type: evil,
    original_task: { worker_type: evil },
  });
  // What a subject may be made of hides and turns text, too.
  send('heddle.noise.\u202e\u034f', {});
  send('heddle.goals.incoming', { goal_id: `g${evil}`, instruction: evil });
  send('heddle.results.default', { task_id: evil, worker_type: evil, status: 'failed', error: evil });
  await wait(2000);
  for (const key of [
    '1',
    '2',
    '\r',
    ESCAPE,
    '3',
    '\r',
    ESCAPE,
    '4',
    '\r',
    ESCAPE,
    '5',
    '\r',
    ESCAPE,
    '6',
    UP,
    '\r',
    ESCAPE,
  ]) {
    await press(key);
    const seen = await lines();
    assert.equal(seen.length, 20);
    assert.match(seen[1] ?? '', /failed/, key);
  }
  assert.doesNotMatch(io.out(), /\u001b\[2J|\u0007|\u202e|\u034f|\u001b\[[0-9;]*35m/);
});

test('it ends with 0 by q, with 130 by Ctrl-C, and with an error of ours by none', async (t) => {
  const first = await openScene(t);
  await first.press('q');
  assert.equal(await first.exit, 0);
  const second = await openScene(t);
  await second.press('\u0003');
  assert.equal(await second.exit, 130);
  const third = await openScene(t);
  third.io.signal('SIGTERM');
  assert.equal(await third.exit, 143);
  const fourth = await openScene(t);
  fourth.io.stray(new Error('broke'));
  await assert.rejects(fourth.exit, /broke/);
  for (const { io } of [first, second, third, fourth]) assert.match(io.out(), /\u001b\[\?1049l$/);
  const fifth = await openScene(t);
  await fifth.press('\u001a');
  assert.deepEqual(fifth.io.raised, ['SIGTSTP']);
});

test('it sends nothing unless it may, and asks before it does', async (t) => {
  const { press, text } = await openScene(t);
  await press('R');
  assert.match(await text(), /this view sends nothing; begin it with --allow-write/);
  await press('5', 'P');
  assert.match(await text(), /this view sends nothing/);

  const scene = await openScene(t, { flags: { allowWrite: true } });
  const heard: string[] = [];
  const actor = await scene.bus.connect({ clock: scene.clock });
  actor.subscribe('heddle.control.reload', ({ data }) => heard.push(Buffer.from(data).toString()));
  await scene.press('R');
  assert.match(await scene.text(), /Ask every actor on this bus to read its config again\? y\/N/);
  await scene.press('n');
  assert.match(await scene.text(), /nothing was sent/);
  assert.deepEqual(heard, []);
  // What is pasted answers no question.
  await scene.press('R', '\u001b[200~y\u001b[201~');
  assert.deepEqual(heard, []);
  await scene.press('R', 'y');
  await said(scene, /a reload was sent; 4 actors heard it/);
  assert.deepEqual(heard, ['{"action":"reload"}']);
  await scene.press('5', 'P');
  assert.match(await scene.text(), /choose a group of dead letters first/);
});

test('without a terminal it says what there is instead', async () => {
  const { code, stderr } = await runCli(['top'], { env: {} });
  assert.equal(code, 2);
  assert.match(stderr, /top needs a terminal to draw on/);
  assert.match(stderr, /heddle-ts status --watch/);
  const slip = await runCli(['top', '--screen', 'wokers'], { env: {} });
  assert.match(slip.stderr, /there is no screen "wokers"[\s\S]*Did you mean workers\?/);
});
