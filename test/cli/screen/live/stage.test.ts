import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { openStage, type Stage } from '../../../../src/cli/screen/live/stage.ts';
import { terminalFor } from '../../../../src/cli/screen/terminal.ts';
import { type FakeIo, fakeIo } from '../../../helpers/fake-io.ts';
import { type Glass, openGlass } from '../../../helpers/glass.ts';

interface Theatre {
  readonly io: FakeIo;
  readonly stage: Stage;
  readonly heard: string[];
  readonly raw: boolean[];
  type(text: string): Promise<void>;
  /** What a person sees now. */
  look(): Promise<Glass>;
}

function open(env: Record<string, string> = { TERM: 'xterm-256color', LANG: 'en_US.UTF-8' }): Theatre {
  const raw: boolean[] = [];
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: (on: boolean) => raw.push(on) });
  const io = fakeIo({ env, tty: 40, rows: 5, stdin });
  const heard: string[] = [];
  const stage = openStage(io, terminalFor(io.stdout, io), {
    key: ({ name }) => heard.push(name),
    redraw: () => heard.push('redraw'),
    lost: (thrown) => heard.push(`lost ${thrown}`),
  });
  const glass = openGlass(40, 5);
  let seen = 0;
  return {
    ...{ io, stage, heard, raw },
    type: async (text) => {
      stdin.write(text);
      await new Promise(setImmediate);
    },
    look: async () => {
      const text = io.out();
      await glass.write(text.slice(seen));
      seen = text.length;
      return glass;
    },
  };
}

const AS_IT_WAS = { paste: false, wraps: true };

async function assertGivenBack({ look, raw, io }: Theatre): Promise<void> {
  const glass = await look();
  assert.equal(glass.alternate, false);
  assert.deepEqual(glass.modes(), AS_IT_WAS);
  assert.equal(raw.at(-1), false);
  assert.ok(io.out().lastIndexOf('\u001b[?25h') > io.out().lastIndexOf('\u001b[?25l'), 'the cursor shows');
}

test('a picture is shown in place, and nothing is written where nothing changed', async () => {
  const { io, stage, look } = open();
  stage.show(['one', 'two', { text: 'three', chosen: true }]);
  assert.deepEqual((await look()).lines(), ['one', 'two', 'three', '', '']);
  assert.equal((await look()).alternate, true);
  const before = io.out().length;
  stage.show(['one', 'two', { text: 'three', chosen: true }]);
  assert.equal(io.out().length, before);
  stage.show(['one', 'too', { text: 'three', chosen: true }]);
  assert.equal(io.out().slice(before), '\u001b[2;2Ho');
  stage.close();
});

test('keys come as they are pressed', async () => {
  const { stage, heard, type, raw } = open();
  await type('q\u001b[A');
  assert.deepEqual(heard, ['q', 'up']);
  assert.equal(raw.at(-1), true);
  stage.close();
  await type('x');
  assert.deepEqual(heard, ['q', 'up']);
});

test('the terminal is given back as it was, however it ends', async () => {
  const ends: Readonly<Record<string, (theatre: Theatre) => void>> = {
    'close, twice': ({ stage }) => {
      stage.close();
      stage.close();
    },
    'an error that nobody caught': ({ io }) => io.stray(new Error('broke')),
    'the terminal hangs up': ({ io }) => io.signal('SIGHUP'),
    'a signal that ends it': ({ io }) => io.signal('SIGQUIT'),
    'nobody reads any more': ({ io }) => io.stdout.break(),
  };
  for (const [name, end] of Object.entries(ends)) {
    const theatre = open();
    theatre.stage.show(['x']);
    // A terminal that is gone shows nothing any more; what it was sent before it went has to be seen here.
    end(theatre);
    if (name === 'nobody reads any more') assert.deepEqual(theatre.heard, ['lost undefined'], name);
    else await assertGivenBack(theatre);
    if (name.startsWith('an error')) assert.deepEqual(theatre.heard, ['lost Error: broke'], name);
    if (name.startsWith('the terminal')) assert.deepEqual(theatre.io.raised, ['SIGHUP'], name);
    if (name.startsWith('a signal')) assert.deepEqual(theatre.io.raised, ['SIGQUIT'], name);
    const written = theatre.io.out().length;
    theatre.stage.show(['y']);
    theatre.io.signal('SIGCONT');
    assert.equal(theatre.io.out().length, written, `${name}: nothing is written afterwards`);
  }
});

test('a stop gives it back, and going on takes it anew', async () => {
  const theatre = open();
  const { io, stage, look, heard, raw } = theatre;
  stage.show(['one']);
  stage.suspend();
  assert.deepEqual(io.raised, ['SIGTSTP']);
  io.signal('SIGTSTP');
  assert.deepEqual(io.raised, ['SIGTSTP', 'SIGSTOP']);
  await assertGivenBack(theatre);
  stage.show(['while it is stopped nothing is written']);
  assert.equal((await look()).alternate, false);
  io.signal('SIGCONT');
  assert.deepEqual(heard, ['redraw']);
  assert.equal(raw.at(-1), true);
  stage.show(['two']);
  assert.deepEqual((await look()).lines(), ['two', '', '', '', '']);
  stage.close();
  await assertGivenBack(theatre);
});

test('going on after a stop that nobody told of sets the terminal again and writes everything', async () => {
  const { io, stage, look, raw } = open();
  stage.show(['one']);
  // What the shell wrote meanwhile.
  const glass = await look();
  await glass.write('\u001b[?1049l\u001b[?7h$ fg');
  raw.length = 0;
  io.signal('SIGCONT');
  assert.deepEqual(raw, [false, true]);
  stage.show(['one']);
  assert.deepEqual((await look()).lines(), ['one', '', '', '', '']);
  assert.equal(glass.modes().wraps, false);
  stage.close();
});

test('another size is drawn anew, whatever the terminal made of the old picture', async () => {
  const { io, stage, look, heard } = open();
  stage.show(['a line as wide as the whole of the screen', 'two', '', '', 'five']);
  const glass = await look();
  glass.resize(12, 3);
  io.stdout.resize(12, 3);
  assert.deepEqual(heard, ['redraw']);
  assert.deepEqual(stage.size, { columns: 12, rows: 3 });
  stage.show(['short', '', 'last', 'below the edge']);
  assert.deepEqual((await look()).lines(), ['short', '', 'last']);
  stage.close();
});

test('without colours nothing is told by a look alone, and without UTF-8 nothing but ASCII is written', async () => {
  const { io, stage } = open({ TERM: 'xterm', LANG: 'C', NO_COLOR: '1' });
  stage.show([{ text: '> chosen', chosen: true }, 'größer 漢']);
  stage.close();
  assert.match(io.out(), /gr\?\?er \?\?/);
  assert.doesNotMatch(io.out(), /[^\u0000-\u007f]|\u001b\[0;7m/);
});
