import type { Clock, Timer } from '../../../time/clock.ts';

/**
 * A key as it is spoken of: `q`, `/`, `up`, `enter`, `ctrl-c`, `alt-x`; `paste` for what was pasted, which is text and never a
 * command, whatever stands in it.
 */
export interface Key {
  readonly name: string;
  /** What it writes, where somebody is writing. */
  readonly text?: string | undefined;
}

const ESCAPE = '\u001b';
/** An Escape that nothing follows for so long was the key. What a terminal sends for one key it sends at once. */
const LONE_MS = 30;
/** The rest of a sequence may be under way for longer: it began as nothing that a person types. */
const TORN_MS = 500;
const LONGEST_SEQUENCE = 64;
const LONGEST_PASTE = 64 * 1024;
const PASTE_BEGIN = `${ESCAPE}[200~`;
const PASTE_END = `${ESCAPE}[201~`;

/** Makes keys of what a terminal sends, however it was torn on its way. */
export class KeyReader {
  readonly #clock: Pick<Clock, 'after' | 'cancel'>;
  readonly #hear: (key: Key) => void;
  readonly #decoder = new TextDecoder();
  #rest = '';
  #timer: Timer | undefined;

  constructor(clock: Pick<Clock, 'after' | 'cancel'>, hear: (key: Key) => void) {
    this.#clock = clock;
    this.#hear = hear;
  }

  take(bytes: Uint8Array): void {
    this.#clock.cancel(this.#timer);
    this.#rest += this.#decoder.decode(bytes, { stream: true });
    while (this.#rest !== '') {
      const read = firstKey(this.#rest);
      if (read === undefined) return this.#wait();
      this.#rest = this.#rest.slice(read.length);
      if (read.key !== undefined) this.#hear(read.key);
    }
  }

  close(): void {
    this.#clock.cancel(this.#timer);
    this.#rest = '';
  }

  /** Whatever is unfinished gets its time. A paste that does not end is waited for: what stands in it is no key. */
  #wait(): void {
    if (this.#rest.startsWith(PASTE_BEGIN)) return;
    this.#timer = this.#clock.after(this.#rest === ESCAPE ? LONE_MS : TORN_MS, () => {
      const late = this.#rest;
      this.#rest = '';
      if (late === ESCAPE) this.#hear({ name: 'escape' });
      else if (late.length === 2) this.#hear({ name: `alt-${late[1]}` });
    });
  }
}

/** The first key of what came, and how much of it that takes; undefined while it is not whole. A key may be none of ours. */
function firstKey(text: string): { readonly length: number; readonly key: Key | undefined } | undefined {
  if (text.startsWith(PASTE_BEGIN)) return pasted(text);
  if (text[0] !== ESCAPE) return plainKey(text);
  if (text.length === 1) return undefined;
  const sequence = /^\u001b(?:\[([\d;<?]*)([@-~])|O([A-Za-z]))/.exec(text);
  if (sequence !== null) {
    const [{ length }, parameters = '', final = '', single] = sequence;
    // Of the keypad, Enter comes so.
    const name = single === undefined ? nameOf(parameters, final) : single === 'M' ? 'enter' : ARROWS[single];
    return { length, key: name === undefined ? undefined : { name } };
  }
  if (/^\u001b(?:\[[\d;<?]*|O)$/.test(text)) {
    return text.length > LONGEST_SEQUENCE ? { length: text.length, key: undefined } : undefined;
  }
  // Alt is an Escape before the key; of two Escapes the first was the key.
  if (text[1] === ESCAPE) return { length: 1, key: { name: 'escape' } };
  if (text[1] === '[' || text[1] === 'O') return { length: 2, key: undefined };
  const { length, key } = plainKey(text.slice(1));
  return { length: length + 1, key: { name: `alt-${key.name}` } };
}

function pasted(text: string): ReturnType<typeof firstKey> {
  const end = text.indexOf(PASTE_END, PASTE_BEGIN.length);
  if (end < 0) {
    // Nobody means this much, and a terminal that never ends a paste must not take the keys for good.
    return text.length > LONGEST_PASTE ? { length: text.length, key: undefined } : undefined;
  }
  return { length: end + PASTE_END.length, key: { name: 'paste', text: text.slice(PASTE_BEGIN.length, end) } };
}

function plainKey(text: string): { readonly length: number; readonly key: Key } {
  const [character = ''] = text;
  const code = character.codePointAt(0) ?? 0;
  const named = CONTROLS[code];
  if (named !== undefined) return { length: 1, key: { name: named } };
  if (code < 0x20) return { length: 1, key: { name: `ctrl-${String.fromCharCode(code + 0x60)}` } };
  return { length: character.length, key: { name: character, text: character } };
}

const CONTROLS: Readonly<Record<number, string>> = {
  8: 'backspace',
  9: 'tab',
  10: 'enter',
  13: 'enter',
  127: 'backspace',
};

const ARROWS: Readonly<Record<string, string>> = {
  A: 'up',
  B: 'down',
  C: 'right',
  D: 'left',
  F: 'end',
  H: 'home',
};

const NUMBERED: Readonly<Record<string, string>> = {
  1: 'home',
  2: 'insert',
  3: 'delete',
  4: 'end',
  5: 'page-up',
  6: 'page-down',
  7: 'home',
  8: 'end',
};

/** `ESC [ 1 ; 5 A` is Ctrl and the arrow up: the second number says what was held. */
function nameOf(parameters: string, final: string): string | undefined {
  const [number = '', held = ''] = parameters.split(';');
  if (final === 'Z') return 'back-tab';
  const name = final === '~' ? NUMBERED[number] : ARROWS[final];
  const holds = Number(held || 1) - 1;
  if (name === undefined || !Number.isInteger(holds) || holds < 0) return undefined;
  return `${(holds & 4) !== 0 ? 'ctrl-' : ''}${(holds & 2) !== 0 ? 'alt-' : ''}${(holds & 1) !== 0 ? 'shift-' : ''}${name}`;
}
