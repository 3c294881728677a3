import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { findProgram, requireProgram } from '../../src/child/find-program.ts';
import { endProgram, startProgram } from '../../src/child/program.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { alive, options, start, temporaryFolder, until } from './programs.ts';

noLeaks();

const POSIX = { skip: process.platform === 'win32' };
const HANG = 'setInterval(() => {}, 1000);';
const READ = 'process.stdin.on("data", (text) => process.stdout.write(text));';

test('lines go in and come out, and its end says how it was', async (t) => {
  const { program, lines } = await start(t, `${READ} process.stdin.on("end", () => process.exit(3));`);
  assert.equal(program.send('one\ntwo'), 'sent');
  assert.equal(program.send(' and\n'), 'sent');
  program.endInput();
  assert.deepEqual(await program.ended, { how: 'exit code 3', unread: 0 });
  assert.deepEqual(lines, ['one', 'two and']);
  assert.equal(program.send('more\n'), 'closed');
});

test('is attended before anything of it is read, and a program that ends at once loses nothing', async () => {
  const script =
    'require("node:fs").writeSync(1, "first\\n"); require("node:fs").writeSync(2, "last words\\n"); process.exit(1);';
  const said: string[] = [];
  const program = await startProgram(options(script), ({ pid }) => {
    said.push(`attended ${pid > 0}`);
    return { line: () => said.push('line'), stderr: (text) => said.push(text) };
  });
  assert.equal((await program.ended).how, 'exit code 1');
  assert.deepEqual(said.sort(), ['attended true', 'last words', 'line']);
  assert.equal(program.lastWords(), 'last words');
});

test('a program that is told to end ends by its input alone; no signal is needed', async (t) => {
  const { program, seen } = await start(t, `${READ} console.log("up");`);
  await seen(/up/);
  await endProgram(program, { termAfterMs: 60_000, killAfterMs: 60_000 });
  assert.equal((await program.ended).how, 'exit code 0');
});

test('one that does not look at its input gets SIGTERM', POSIX, async (t) => {
  const { program, seen } = await start(t, `console.log("up"); ${HANG}`);
  await seen(/up/);
  await endProgram(program, { termAfterMs: 10, killAfterMs: 60_000 });
  assert.equal((await program.ended).how, 'signal SIGTERM');
});

test('one that ignores SIGTERM is ended by force, in its time', POSIX, async (t) => {
  const { program, seen } = await start(
    t,
    `process.on("SIGTERM", () => console.log("no")); console.log("up"); ${HANG}`,
  );
  await seen(/up/);
  const from = performance.now();
  await endProgram(program, { termAfterMs: 10, killAfterMs: 300 });
  assert.equal((await program.ended).how, 'signal SIGKILL');
  assert.ok(performance.now() - from >= 280, 'it was asked first');
});

test('what it started dies with it, by force or by itself', POSIX, async (t) => {
  const family = `const { spawn } = require("node:child_process");
    const child = spawn(process.execPath, ["-e", ${JSON.stringify(HANG)}], { stdio: "inherit" });
    console.log("grandchild", child.pid);`;
  for (const [how, script] of [
    ['by force', `${family} ${HANG}`],
    ['by itself', `${family} setTimeout(() => process.exit(0), 50);`],
  ] as const) {
    const { program, lines, seen } = await start(t, script);
    await seen(/grandchild \d+/);
    const grandchild = Number(/\d+/.exec(String(lines[0]))?.[0]);
    assert.ok(alive(grandchild));
    if (how === 'by force') program.end('SIGKILL');
    // The grandchild holds the pipes open; the end is told in spite of that.
    await program.ended;
    await until(`the grandchild is gone ${how}`, () => !alive(grandchild));
  }
});

test('a line that is too long is told by its length, and the next is whole', async (t) => {
  const script = 'process.stdout.write("x".repeat(5000) + "\\nshort\\n" + "y".repeat(101)); ';
  const { program, lines, stderr } = await start(t, `${script} process.stderr.write("z".repeat(20000) + "\\n");`, {
    maxLine: 100,
  });
  await program.ended;
  assert.deepEqual(lines, [5000, 'short', 101]);
  assert.deepEqual(stderr, ['(a line of 20000 bytes)']);
});

test('a flood on stdout or stderr neither grows nor keeps anybody from ending it', async (t) => {
  const flood = (stream: string): string =>
    `const text = "y\\n".repeat(32768); const go = () => process.${stream}.write(text, go); go();`;
  for (const stream of ['stdout', 'stderr']) {
    const { program, lines, stderr } = await start(t, flood(stream), {});
    const heard = stream === 'stdout' ? lines : stderr;
    await until('it floods', () => heard.length > 200_000);
    const from = performance.now();
    await endProgram(program, { termAfterMs: 10, killAfterMs: 5_000 });
    assert.ok(performance.now() - from < 4_000, `${Math.round(performance.now() - from)} ms`);
  }
});

test('what waits for a program that does not read is bounded, and counted when it dies', async (t) => {
  const { program, seen } = await start(t, `console.log("up"); ${HANG}`, { maxUnread: 300_000 });
  await seen(/up/);
  const line = `${'x'.repeat(9_999)}\n`;
  let sent = 0;
  // The pipe itself takes some, which has left us.
  for (;;) {
    const outcome = program.send(line);
    if (outcome !== 'sent') {
      assert.equal(outcome, 'full');
      break;
    }
    sent += line.length;
    assert.ok(sent < 10_000_000, 'it never was full');
  }
  program.end('SIGKILL');
  const { unread } = await program.ended;
  assert.ok(unread > 0 && unread <= 300_000 && unread <= sent, `${unread} of ${sent}`);
  assert.equal(program.send(line), 'closed');
});

test('a program that closes its input is seen by what comes of sending', async (t) => {
  const { program, seen } = await start(t, `require("node:fs").closeSync(0); console.log("deaf"); ${HANG}`);
  await seen(/deaf/);
  let outcome = program.send('hello\n');
  await until('it is closed', () => {
    outcome = program.send('hello\n');
    return outcome === 'closed';
  });
  assert.ok(alive(program.pid), 'it lives on');
});

test('what cannot be started says why, in words', POSIX, async (t) => {
  const folder = temporaryFolder(t);
  const file = (name: string, text: string, mode: number): string => {
    writeFileSync(join(folder, name), text);
    chmodSync(join(folder, name), mode);
    return join(folder, name);
  };
  const refused = (program: string): Promise<string> =>
    startProgram({ ...options(''), command: [program] }, () => assert.fail('it was attended')).then(
      () => 'started',
      (error: Error & { code?: string }) => `${error.code}: ${error.message}`,
    );
  assert.equal(
    await refused('heddle-no-such-program'),
    'usage: cannot start "heddle-no-such-program": there is no such program, its working directory or the interpreter it names is missing',
  );
  assert.match(
    await refused(file('plain.txt', 'hello', 0o644)),
    /plain\.txt": it is not executable, or may not be read$/,
  );
  assert.match(
    await refused(file('lost', '#!/nonexistent/interpreter\n', 0o755)),
    /the interpreter it names is missing$/,
  );
  assert.match(await refused('a\0b'), /cannot start "a\\u0000b": /);
});

test(
  'a program is found as the operating system finds it, and its absence told before it is needed',
  POSIX,
  async (t) => {
    const folder = temporaryFolder(t);
    writeFileSync(join(folder, 'tool'), '#!/bin/sh\n', { mode: 0o755 });
    writeFileSync(join(folder, 'text'), '');
    mkdirSync(join(folder, 'inner'));
    const place = { cwd: folder, env: { PATH: `/nonexistent::${folder}` }, platform: process.platform };
    assert.equal(await findProgram('tool', place), join(folder, 'tool'));
    assert.equal(await findProgram('./tool', { ...place, env: {} }), join(folder, 'tool'));
    for (const name of ['text', 'inner', 'none', './none', ''])
      assert.equal(await findProgram(name, place), undefined, name);
    await requireProgram('tool', place);
    await assert.rejects(requireProgram('none', place), {
      code: 'usage',
      message: /^cannot start "none": there is no such program$/,
    });
    for (const name of ['text', './inner'])
      await assert.rejects(requireProgram(name, place), { code: 'usage', message: /: that is no executable file$/ });
  },
);
