import { HeddleError } from './errors.ts';
import { closest } from './suggest.ts';

// What a program hands to a public function, checked in words. Types say the same at compile time, and JavaScript has none.

/** What an option may be. */
export interface Option {
  /** For messages: `a text`, `a list of texts`. */
  readonly must: string;
  fits(value: unknown): boolean;
  /** What stands in a value that fits, where that is options, too. */
  readonly keys?: Readonly<Record<string, Option>>;
  readonly needed?: boolean;
}

export interface NeededOption extends Option {
  readonly needed: true;
}

/** Of a type of options every key: one that is forgotten, or taken for optional though it is not, does not compile. */
export type Keys<T> = { readonly [K in keyof T]-?: undefined extends T[K] ? Option : NeededOption };

export function needed(option: Option): NeededOption {
  return { ...option, needed: true };
}

const text: Option = { must: 'a text', fits: (value) => typeof value === 'string' };
const listOf = (item: Option, items: string): Option => ({
  must: `a list of ${items}`,
  fits: (value) => Array.isArray(value) && value.every((each) => item.fits(each)),
});

/** The sorts of options that there are. */
export const is = {
  text,
  listOf,
  texts: listOf(text, 'texts'),
  number: { must: 'a number', fits: (value) => typeof value === 'number' },
  truth: { must: 'true or false', fits: (value) => typeof value === 'boolean' },
  callback: { must: 'a function', fits: (value) => typeof value === 'function' },
  object: { must: 'an object', fits: isRecord },
  map: { must: 'a Map', fits: (value) => value instanceof Map },
  bytes: { must: 'bytes', fits: isBytes },
  anything: { must: 'given', fits: () => true },
  signal: { must: 'an AbortSignal', fits: (value) => hasMethods(value, 'addEventListener') },
  clock: { must: 'a Clock', fits: (value) => hasMethods(value, 'now', 'after') },
  sources: { must: 'an object with now and uuid', fits: (value) => hasMethods(value, 'now', 'uuid') },
  /** Whatever can do what is asked of it; `connect` without `await` is what people give instead. */
  bus: { must: 'a bus, as connect gives it', fits: (value) => isRecord(value) && !hasMethods(value, 'then') },
  oneOf: (...choices: readonly string[]): Option => ({
    must: choices.map((each) => JSON.stringify(each)).join(' or '),
    fits: (value) => choices.some((each) => each === value),
  }),
  either: (...options: readonly Option[]): Option => ({
    must: options.map(({ must }) => must).join(' or '),
    fits: (value) => options.some(({ fits }) => fits(value)),
  }),
  options: <T>(keys: Keys<T>): Option => ({ must: 'an object', fits: isRecord, keys }),
} satisfies Readonly<Record<string, Option | ((...of: never[]) => Option)>>;

/**
 * Throws `usage` for options that are none, for a key that there is not, for one that is missing, and for a value that cannot
 * be. `instead`: words that people write for an option, and the option.
 */
export function checkOptions(
  of: string,
  given: object | undefined,
  keys: Readonly<Record<string, Option>>,
  instead: Readonly<Record<string, string>> = {},
): void {
  const options = given === undefined ? {} : given;
  checkArgument(of, 'the options', options, is.object);
  checkKeys(of, '', options as Given, keys, instead);
}

/** The same for one value that stands for itself. */
export function checkArgument(of: string, name: string, value: unknown, { must, fits }: Option): void {
  if (!fits(value)) throw new HeddleError('usage', `${of}: ${name} must be ${must}, not ${inWords(value)}`);
}

type Given = Readonly<Record<string, unknown>>;

function checkKeys(
  of: string,
  path: string,
  given: Given,
  keys: Readonly<Record<string, Option>>,
  instead: Readonly<Record<string, string>>,
): void {
  for (const key of Object.keys(given)) {
    if (Object.hasOwn(keys, key)) continue;
    const meant = meantBy(key, Object.keys(keys), instead);
    const words =
      meant === undefined ? `; there are ${Object.keys(keys).join(', ')}` : `; did you mean "${path}${meant}"?`;
    throw new HeddleError('usage', `${of}: there is no option ${JSON.stringify(path + key)}${words}`);
  }
  for (const [key, option] of Object.entries(keys)) {
    const value = given[key];
    const name = `"${path}${key}"`;
    if (value === undefined) {
      if (option.needed !== true) continue;
      throw new HeddleError('usage', `${of}: the option ${name} is missing; it must be ${option.must}`);
    }
    checkArgument(of, name, value, option);
    if (option.keys !== undefined) checkKeys(of, `${path}${key}.`, value as Given, option.keys, {});
  }
}

/** `timeout_ms` and `timeoutms` mean `timeoutMs`. */
function meantBy(key: string, names: readonly string[], instead: Readonly<Record<string, string>>): string | undefined {
  if (Object.hasOwn(instead, key)) return instead[key];
  const bare = (name: string): string => name.replaceAll(/[_-]/g, '').toLowerCase();
  return names.find((name) => bare(name) === bare(key)) ?? closest(key, names)[0];
}

/** Never the value itself but for numbers and truth values: it may be a secret, or a book. */
function inWords(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (isBytes(value)) return 'bytes';
  switch (typeof value) {
    case 'string':
      return 'a text';
    case 'function':
      return 'a function';
    case 'object':
      return hasMethods(value, 'then') ? 'a promise: await it' : 'an object';
    default:
      return String(value);
  }
}

function isRecord(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isBytes(value);
}

function isBytes(value: unknown): boolean {
  return value instanceof Uint8Array;
}

function hasMethods(value: unknown, ...names: readonly string[]): boolean {
  return isRecord(value) && names.every((name) => typeof (value as Given)[name] === 'function');
}
