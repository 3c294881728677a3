import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startBroker } from '../../src/broker/broker.ts';
import { commandsByPath } from '../../src/cli/command-map.ts';
import { select } from '../../src/cli/select.ts';
import { connect } from '../../src/transport/nats.ts';
import { fakeIo, runCli, startCli } from '../helpers/fake-io.ts';

/** What a command that writes these documents would leave on stdout. */
function selected(path: string, documents: readonly string[], tty?: number): { out: string; refused: unknown } {
  const io = fakeIo(tty === undefined ? {} : { tty });
  const picked = select(io, path);
  for (const each of documents) picked.io.stdout.write(`${each}\n`);
  let refused: unknown;
  try {
    picked.refuseNothing(0);
  } catch (thrown) {
    refused = thrown;
  }
  return { out: io.out(), refused };
}

const DOCUMENT = String.raw`{"schema_version":1,"a":[{"b/c":1.0,"n":12345678901234567890},{"n":"two\nlines"},{}],"":{"~":null},"d.e":{"0":true},"list":[]}`;

for (const [path, out] of [
  ['/a/0/n', '12345678901234567890\n'],
  ['/a/0/b~1c', '1.0\n'],
  ['//~0', 'null\n'],
  ['/d.e/0', 'true\n'],
  ['["d.e"].0', 'true\n'],
  ['["d.e"]', '{"0":true}\n'],
  ['a[0].n', '12345678901234567890\n'],
  ['.a[0].n', '12345678901234567890\n'],
  ['a.1.n', 'two\nlines\n'],
  ['a[].n', '12345678901234567890\ntwo\nlines\n'],
  ['a[]', '{"b/c":1.0,"n":12345678901234567890}\n{"n":"two\\nlines"}\n{}\n'],
  ['list', '[]\n'],
  ['list[].n', ''],
] as const) {
  test(`--select ${path} is what stands there, as it was written`, () => {
    const { out: said, refused } = selected(path, [DOCUMENT]);
    assert.equal(said, out);
    assert.equal(refused, undefined);
  });
}

for (const path of ['/a/3', '/a/-1', '/a/00', '/A', 'a.b', 'constructor', '__proto__', 'a[].m', '/schema_version/0']) {
  test(`--select ${path}, which is not there, is told with what is`, () => {
    const { out, refused } = selected(path, [DOCUMENT]);
    assert.equal(out, '');
    assert.match(String(refused), /nothing stands at/);
  });
}

for (const path of ['', ' ', 'a b', 'a[', 'a..b', 'a[-1]', '[]x y']) {
  test(`--select ${JSON.stringify(path)} is no path`, async () => {
    const { code, stdout, stderr } = await runCli(['acl', '--select', path]);
    assert.deepEqual({ code, stdout }, { code: 2, stdout: '' });
    assert.match(stderr, /is no path\n {2}hint: Write \/workers\/0\/type/);
  });
}

test('of a stream, lines without it leave none; it is a mistake when no line has it', () => {
  assert.deepEqual(selected('b', ['{"a":1}', '{"b":2}', '{"a":3}', '{"b":"4"}']), {
    out: '2\n4\n',
    refused: undefined,
  });
  assert.match(String(selected('c', ['{"a":1}', '{"b":2}']).refused), /nothing stands at "c"/);
  assert.deepEqual(selected('c', []), { out: '', refused: undefined }, 'nothing came: there is nothing to miss');
});

test('documents may come in pieces and as bytes', () => {
  const io = fakeIo();
  const { stdout } = select(io, 'text').io;
  for (const byte of Buffer.from('{"text":"é€😀"}\n{"text":"b"}\n')) stdout.write(Uint8Array.of(byte));
  assert.equal(io.out(), 'é€😀\nb\n');
});

test('a terminal is not made to obey a text, and a program gets it as it is', () => {
  const document = JSON.stringify({ text: 'a\u001b[2Jb' });
  assert.equal(selected('text', [document], 80).out, 'a\\x1b[2Jb\n');
  assert.equal(selected('text', [document]).out, 'a\u001b[2Jb\n');
});

test('every command that writes JSON has it, and no other', async () => {
  const { commands } = JSON.parse((await runCli(['help', '-o', 'json'])).stdout);
  for (const [path, { formats, options }] of commandsByPath(commands)) {
    const writes = formats.includes('json') || formats.includes('ndjson');
    assert.equal(
      options.some(({ long }) => long === '--select'),
      writes,
      path,
    );
  }
});

test('it stands for -o json, goes with it, and with nothing else', async () => {
  const argv = ['acl', '--role', 'router', '--select', 'roles[].role'];
  const expected = { code: 0, stdout: 'router\n', stderr: '' };
  assert.deepEqual(await runCli(argv), expected);
  assert.deepEqual(await runCli([...argv, '-o', 'json']), expected);
  assert.deepEqual(await runCli([...argv, '--json']), expected);
  assert.deepEqual(await runCli(argv, { env: { HEDDLE_OUTPUT: 'short' } }), expected);
  for (const format of ['human', 'nsc']) {
    const { code, stderr } = await runCli([...argv, '-o', format]);
    assert.equal(code, 2);
    assert.match(stderr, new RegExp(`--select picks out of JSON, and -o ${format} is none`));
  }
});

test('an error is told on stderr in words, and stdout holds values alone', async () => {
  for (const argv of [
    ['status', '--nats-url', '127.0.0.1:1', '--json', '--select', 'workers'],
    ['status', '--no-such-flag', '--json', '--select=workers'],
  ]) {
    const { code, stdout, stderr } = await runCli(argv);
    assert.notEqual(code, 0);
    assert.equal(stdout, '');
    assert.match(stderr, /^error: /);
  }
  const { code, stdout, stderr } = await runCli(['acl', '--select', 'rols']);
  assert.deepEqual({ code, stdout }, { code: 1, stdout: '' });
  assert.match(stderr, /nothing stands at "rols" in the answer\n {2}hint: The document has: "schema_version"/);
});

test('submit and tail: of the answer, and of each message, every digit', async (t) => {
  const broker = await startBroker();
  const client = await connect({ servers: [broker.url] });
  t.after(async () => {
    await client.close();
    await broker.close();
  });
  const env = { NATS_URL: broker.url };
  const result = (n: string) =>
    `{"task_id":"t","worker_type":"w","status":"completed","output":{"n":${n}},"processing_time_ms":1}`;
  const { io, exit } = startCli(['tail', '--select', 'message.output.n', '--count', '2'], { env });
  await io.seen(/following|watching|heddle\.results/);
  for (const n of ['1.0', '12345678901234567890']) client.publish('heddle.results.default', result(n));
  assert.equal(await exit, 0);
  assert.equal(io.out(), '1.0\n12345678901234567890\n');
  const dry = ['submit', 'w', '--dry-run', '--set-json', 'n=1.50', '--select', 'message.payload.n'];
  assert.deepEqual(await runCli(dry, { env }), { code: 0, stdout: '1.50\n', stderr: '' });
});
