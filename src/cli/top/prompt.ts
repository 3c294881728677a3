import { disarmLine } from '../screen/disarm.ts';
import type { Key } from '../screen/live/keys.ts';
import { displayWidth } from '../screen/width.ts';

const LONGEST = 1000;

/** A line at the foot of the screen that somebody writes. */
export class LinePrompt {
  readonly #label: string;
  readonly #done: (text: string) => void;
  #text: string;

  constructor(label: string, text: string, done: (text: string) => void) {
    this.#label = label;
    this.#text = text;
    this.#done = done;
  }

  key({ name, text = '' }: Key): 'open' | 'given-up' | 'written' {
    switch (name) {
      case 'enter':
        return 'written';
      case 'escape':
        return 'given-up';
      case 'backspace':
        this.#text = [...this.#text].slice(0, -1).join('');
        return 'open';
      case 'ctrl-u':
        this.#text = '';
        return 'open';
      case 'ctrl-w':
        this.#text = this.#text.replace(/\S*\s*$/, '');
        return 'open';
      default:
        // Of a paste the first line: it must not answer what was not asked yet.
        this.#text = (this.#text + (text.split(/[\r\n]/)[0] ?? '')).slice(0, LONGEST);
        return 'open';
    }
  }

  done(): void {
    this.#done(this.#text);
  }

  /** Its end is what somebody looks at. */
  text(width: number): string {
    const whole = `${this.#label}${disarmLine(this.#text)}_`;
    const characters = [...whole];
    while (characters.length > 1 && displayWidth(characters.join('')) > width) characters.shift();
    return characters.join('');
  }
}
