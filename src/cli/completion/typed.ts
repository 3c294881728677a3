import { longName } from '../flags/flag.ts';
import type { Found } from '../flags/group.ts';
import { CONNECTION } from '../settings/flags.ts';

/** The connection flags of a line that is being typed, as Commander would find them; whatever else stands there is passed over. */
export function typedConnection(words: readonly string[]): Found {
  const found: Record<string, string | boolean | string[]> = {};
  for (const [at, word] of words.entries()) {
    const [name = '', inside] = word.split(/=(.*)/s, 2);
    const flag = WRITTEN.get(name);
    if (flag === undefined) continue;
    const value = flag.takesValue ? (inside ?? words[at + 1]) : !name.startsWith('--no-');
    if (value === undefined) continue;
    const before = found[flag.attribute];
    found[flag.attribute] = flag.repeats && typeof value === 'string' ? [...listed(before), value] : value;
  }
  return found;
}

const listed = (before: unknown): string[] => (Array.isArray(before) ? before : []);

const WRITTEN = new Map(
  Object.values(CONNECTION.flags).flatMap(({ written }) =>
    written.map(({ flags, repeats }) => {
      const name = longName(flags);
      const attribute = name
        .replace(/^--(?:no-)?/, '')
        .replaceAll(/-(.)/g, (_dash, letter: string) => letter.toUpperCase());
      return [name, { attribute, takesValue: /[<[]/.test(flags), repeats: repeats === true }] as const;
    }),
  ),
);
