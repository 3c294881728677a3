import { HIDDEN } from '../screen/looks-secret.ts';

/** Text that only `reveal` shows: printing, inspecting, serialising or interpolating it by mistake gives `xxxxx`. */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return HIDDEN;
  }

  toJSON(): string {
    return HIDDEN;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return HIDDEN;
  }
}
