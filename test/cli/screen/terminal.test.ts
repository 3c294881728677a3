import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PLAIN, styleFor } from '../../../src/cli/screen/style.ts';
import { bar, symbolsFor } from '../../../src/cli/screen/symbols.ts';
import { type ColorChoice, terminalFor } from '../../../src/cli/screen/terminal.ts';

type Env = Record<string, string>;
const screen = { isTTY: true, columns: 120 };
const pipe = {};

test('colour: --color, then NO_COLOR, then FORCE_COLOR, then the terminal', () => {
  const cases: [stream: object, env: Env, color: ColorChoice | undefined, level: number][] = [
    [screen, {}, undefined, 1],
    [screen, {}, 'auto', 1],
    [screen, { TERM: 'xterm-256color' }, undefined, 2],
    [screen, { TERM: 'xterm', COLORTERM: 'truecolor' }, undefined, 3],
    [screen, { TERM: 'dumb' }, undefined, 0],
    [pipe, { TERM: 'xterm-256color' }, undefined, 0],
    [pipe, {}, 'always', 1],
    [pipe, { TERM: 'xterm-256color' }, 'always', 2],
    [screen, { TERM: 'dumb' }, 'always', 1],
    [screen, { TERM: 'xterm-256color' }, 'never', 0],
    [pipe, { FORCE_COLOR: '3' }, 'never', 0],
    [screen, { NO_COLOR: '1' }, 'always', 1],
    [screen, { NO_COLOR: '1' }, undefined, 0],
    [screen, { NO_COLOR: '0' }, undefined, 0],
    [screen, { NO_COLOR: '' }, undefined, 1],
    [screen, { NO_COLOR: '1', FORCE_COLOR: '1' }, undefined, 0],
    [pipe, { FORCE_COLOR: '1' }, undefined, 1],
    [pipe, { FORCE_COLOR: '2' }, undefined, 2],
    [pipe, { FORCE_COLOR: '3' }, undefined, 3],
    [pipe, { FORCE_COLOR: 'true' }, undefined, 1],
    [screen, { FORCE_COLOR: '0' }, undefined, 0],
    [screen, { FORCE_COLOR: 'false' }, undefined, 0],
    [pipe, { FORCE_COLOR: '' }, undefined, 0],
    [screen, { CI: 'true' }, undefined, 1],
  ];
  for (const [stream, env, color, level] of cases) {
    assert.equal(
      terminalFor(stream, { env, platform: 'linux', color }).color,
      level,
      JSON.stringify([stream, env, color]),
    );
  }
  assert.equal(terminalFor(screen, { env: {}, platform: 'win32' }).color, 3);
});

test('Unicode only where it can be shown', () => {
  const cases: [platform: string, env: Env, unicode: boolean][] = [
    ['linux', { LANG: 'en_US.UTF-8' }, true],
    ['linux', { LANG: 'de_DE.utf8' }, true],
    ['linux', {}, true],
    ['linux', { LANG: 'C' }, false],
    ['linux', { LANG: 'POSIX' }, false],
    ['linux', { LANG: 'C.UTF-8' }, true],
    ['linux', { LANG: 'en_US.ISO-8859-1' }, false],
    ['linux', { LANG: 'en_US.UTF-8', LC_ALL: 'C' }, false],
    ['linux', { LANG: 'C', LC_ALL: 'en_US.UTF-8' }, true],
    ['linux', { LANG: 'C', LC_CTYPE: 'UTF-8' }, true],
    ['linux', { LANG: 'en_US.UTF-8', LC_ALL: '' }, true],
    ['linux', { LANG: 'en_US.UTF-8', TERM: 'linux' }, false],
    ['darwin', {}, true],
    ['win32', {}, false],
    ['win32', { LANG: 'en_US.UTF-8' }, false],
    ['win32', { WT_SESSION: 'x' }, true],
    ['win32', { TERM_PROGRAM: 'vscode' }, true],
  ];
  for (const [platform, env, unicode] of cases) {
    assert.equal(terminalFor(screen, { env, platform }).unicode, unicode, JSON.stringify([platform, env]));
  }
});

test('width: what the terminal says, else COLUMNS, else 80; a pipe has none', () => {
  const cases: [stream: object, env: Env, width: number][] = [
    [{ isTTY: true, columns: 120 }, {}, 120],
    [{ isTTY: true, columns: 120 }, { COLUMNS: '50' }, 120],
    [{ isTTY: true, columns: 0 }, {}, 80],
    [{ isTTY: true }, { COLUMNS: '50' }, 50],
    [{ isTTY: true }, { COLUMNS: 'wide' }, 80],
    [{ isTTY: true }, { COLUMNS: '0' }, 80],
    [{}, {}, Number.POSITIVE_INFINITY],
    [{ columns: 120 }, {}, Number.POSITIVE_INFINITY],
    [{}, { COLUMNS: '60' }, 60],
  ];
  for (const [stream, env, width] of cases) {
    assert.equal(terminalFor(stream, { env, platform: 'linux' }).width, width, JSON.stringify([stream, env]));
  }
});

test('spinners only where a person looks and the cursor moves', () => {
  const cases: [stream: object, env: Env, spinner: boolean][] = [
    [screen, {}, true],
    [pipe, {}, false],
    [screen, { TERM: 'dumb' }, false],
    [screen, { CI: 'true' }, false],
    [screen, { CI: '1' }, false],
    [screen, { CI: 'false' }, true],
    [screen, { CI: '' }, true],
    [screen, { GITHUB_ACTIONS: 'true' }, false],
    [screen, { TEAMCITY_VERSION: '2025' }, false],
    [pipe, { FORCE_COLOR: '3' }, false],
  ];
  for (const [stream, env, spinner] of cases) {
    const terminal = terminalFor(stream, { env, platform: 'linux', color: 'always' });
    assert.equal(terminal.spinner, spinner, JSON.stringify([stream, env]));
    assert.equal(terminal.interactive, spinner);
  }
});

test('every symbol has a form in ASCII', () => {
  const fancy = symbolsFor(true);
  const plain = symbolsFor(false);
  assert.deepEqual(Object.keys(fancy), Object.keys(plain));
  assert.match(JSON.stringify(plain), /^[\x20-\x7e]*$/);
  assert.equal(plain.ok, '[ok]');
  assert.equal(fancy.ok, '✓');
});

test('bars fill from empty to full', () => {
  const cases: [unicode: boolean, share: number, text: string][] = [
    [false, 0, '    '],
    [false, 0.5, '##  '],
    [false, 1, '####'],
    [true, 0.5, '██  '],
    [true, 0.53125, '██▏ '],
    [true, 1, '████'],
    [true, 7, '████'],
    [true, -1, '    '],
    [true, Number.NaN, '    '],
  ];
  for (const [unicode, share, text] of cases) assert.equal(bar(symbolsFor(unicode), share, 4), text);
});

test('styles: none without colours, escape sequences with them', async () => {
  assert.equal(await styleFor(0), PLAIN);
  assert.equal(PLAIN.bad('x'), 'x');
  const style = await styleFor(1);
  for (const name of Object.keys(PLAIN) as (keyof typeof PLAIN)[]) {
    assert.match(style[name]('x'), /^\x1b\[\d+mx\x1b\[\d+m$/, name);
  }
});
