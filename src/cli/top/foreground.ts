import { isHeddleError } from '../../errors.ts';
import { adviceText } from '../remedies.ts';
import type { Key } from '../screen/live/keys.ts';
import { type Over, type Page, turnPage } from './over.ts';
import { LinePrompt } from './prompt.ts';

/** What lies over the picture and has the keys before it, and what is said at its foot. */
export class Foreground {
  over: Over | undefined;
  note = '';
  readonly #copy: (text: string) => void;
  readonly #changed: () => void;

  /** `changed`: something was said at another time than that of a key. */
  constructor(copy: (text: string) => void, changed: () => void) {
    this.#copy = copy;
    this.#changed = changed;
  }

  page(lines: Page['lines'], copies?: string): void {
    this.over = { over: 'page', lines, copies, offset: 0 };
  }

  ask(label: string, text: string, done: (text: string) => void): void {
    this.over = { over: 'prompt', prompt: new LinePrompt(label, text, done) };
  }

  askYesNo(question: string, yes: () => Promise<string>): void {
    this.over = { over: 'question', question, yes };
  }

  /** True when the key is dealt with. `room`: how many lines of a page are seen. */
  key(key: Key, room: number): boolean {
    this.note = '';
    switch (this.over?.over) {
      case 'prompt':
        this.#write(this.over.prompt, key);
        return true;
      case 'question':
        this.#answer(this.over.yes, key.name);
        return true;
      case 'page':
        return this.#turn(this.over, key.name, room);
      default:
        return false;
    }
  }

  /** What it comes to is said at the foot, whenever that is. */
  do(deed: Promise<string>): void {
    this.note = 'under way';
    deed
      .then(
        (said) => {
          this.note = said;
        },
        (error: unknown) => {
          this.note = wordsOf(error);
        },
      )
      .finally(this.#changed);
  }

  #write(prompt: LinePrompt, key: Key): void {
    const result = prompt.key(key);
    if (result === 'open') return;
    this.over = undefined;
    if (result === 'given-up') return;
    try {
      prompt.done();
    } catch (error) {
      this.note = wordsOf(error);
    }
  }

  #answer(yes: () => Promise<string>, name: string): void {
    this.over = undefined;
    if (name === 'y' || name === 'Y') this.do(yes());
    else this.note = 'nothing was sent';
  }

  #turn(page: Page, name: string, room: number): boolean {
    const turned = turnPage(page, name, room);
    if (turned === 'closed') this.over = undefined;
    if (turned === 'copy') {
      this.#copy(page.copies ?? '');
      this.note = 'copied, where the terminal takes it (OSC 52)';
    }
    return turned !== undefined;
  }
}

/** Throws on what is no error of ours. */
function wordsOf(error: unknown): string {
  if (!isHeddleError(error)) throw error;
  const advice = adviceText(error);
  return advice === undefined ? error.message : `${error.message} (${advice})`;
}
