import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Key, KeyReader } from '../../../../src/cli/screen/live/keys.ts';
import { createFakeClock } from '../../../../src/time/fake-clock.ts';

function reader() {
  const clock = createFakeClock();
  const keys: Key[] = [];
  const keyReader = new KeyReader(clock, (key) => keys.push(key));
  return {
    clock,
    send: (text: string | Uint8Array) => keyReader.take(typeof text === 'string' ? Buffer.from(text) : text),
    /** Those since the last time it was asked. */
    names: () =>
      keys.splice(0).map(({ name, text }) => (text === undefined || text === name ? name : `${name}:${text}`)),
  };
}

/** What terminals send, and what it is. */
const SENT: readonly (readonly [string, readonly string[]])[] = [
  ['q', ['q']],
  ['<>', ['<', '>']],
  ['漢😀', ['漢', '😀']],
  ['\r', ['enter']],
  ['\n', ['enter']],
  ['\t', ['tab']],
  ['\u007f', ['backspace']],
  ['\u0008', ['backspace']],
  ['\u0003\u001a', ['ctrl-c', 'ctrl-z']],
  ['\u001b[A\u001bOB\u001b[C\u001b[D', ['up', 'down', 'right', 'left']],
  ['\u001b[H\u001b[F\u001b[1~\u001b[4~\u001b[7~\u001b[8~', ['home', 'end', 'home', 'end', 'home', 'end']],
  ['\u001b[5~\u001b[6~\u001b[3~', ['page-up', 'page-down', 'delete']],
  ['\u001b[1;5A\u001b[1;2B\u001b[1;7C', ['ctrl-up', 'shift-down', 'ctrl-alt-right']],
  ['\u001b[Z', ['back-tab']],
  ['\u001bx\u001bq', ['alt-x', 'alt-q']],
  ['\u001b[I\u001b[?1;2c\u001b[<0;1;1M', ['enter'].slice(1)],
  ['\u001b[200~rm -rf /\r\nq\u001b[A\u001b[201~z', ['paste:rm -rf /\r\nq\u001b[A', 'z']],
];

test('keys are known by what terminals send, torn wherever it may be', async () => {
  for (const [sent, keys] of SENT) {
    const bytes = Buffer.from(sent);
    for (let cut = 0; cut < bytes.length; cut += 1) {
      const { send, names } = reader();
      send(bytes.subarray(0, cut));
      send(bytes.subarray(cut));
      assert.deepEqual(names(), keys, `${JSON.stringify(sent)} cut at ${cut}`);
    }
    const { send, names } = reader();
    for (const byte of bytes) send(Uint8Array.of(byte));
    assert.deepEqual(names(), keys, `${JSON.stringify(sent)} byte by byte`);
  }
});

test('Escape alone is the key when nothing follows it', async () => {
  const { clock, send, names } = reader();
  send('\u001b');
  assert.deepEqual(names(), []);
  await clock.advance(29);
  assert.deepEqual(names(), []);
  await clock.advance(1);
  assert.deepEqual(names(), ['escape']);
  send('\u001b\u001b');
  await clock.advance(30);
  assert.deepEqual(names(), ['escape', 'escape']);
});

test('half a sequence waits longer than Escape, and is dropped when the rest never comes', async () => {
  const { clock, send, names } = reader();
  send('\u001b[1;');
  await clock.advance(400);
  send('5A');
  assert.deepEqual(names(), ['ctrl-up']);
  send('\u001b[1;');
  await clock.advance(500);
  send('q');
  assert.deepEqual(names(), ['q']);
  send(`\u001b[${'1;'.repeat(100)}`);
  send('q');
  assert.deepEqual(names(), ['q']);
});

test('a paste that never ends takes no keys for good', () => {
  const { send, names } = reader();
  send('\u001b[200~');
  send('x'.repeat(70_000));
  send('q');
  assert.deepEqual(names(), ['q']);
});
