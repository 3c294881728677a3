import { Option } from 'commander';
import { HeddleError, isHeddleError } from '../../errors.ts';

/** One flag: how it is written, what it is for, and how its text becomes a value. What reads it knows its type. */
export interface Flag<T> {
  readonly written: readonly Written[];
  /** The value of what Commander found: undefined when the flag was not given and has no default. */
  read(found: unknown): T;
}

/** One line of the help. Two of them set one value when one refuses what the other gives: `--env-file`, `--no-env-file`. */
export interface Written {
  readonly flags: string;
  readonly about: string;
  readonly choices?: readonly string[] | undefined;
  readonly repeats?: true | undefined;
  readonly required?: true | undefined;
  /** Shown in the help; what is shown otherwise stands in `about`. */
  readonly usual?: string | undefined;
}

/** Text as a value; throws a `usage` error that names the flag. */
export type Parse<T> = (text: string, flag: string) => T;

const asIs: Parse<string> = (text) => text;

/** Given or not. */
export function toggle(flags: string, about: string): Flag<boolean> {
  return { written: [{ flags, about }], read: (found) => found === true };
}

/** Of a command that has no use for it. */
export const absent: Flag<false> = { written: [], read: () => false };

/** True unless `--no-…` was given. */
export function refusal(flags: string, about: string): Flag<boolean> {
  return { written: [{ flags, about }], read: (found) => found !== false };
}

/** One text, given once. */
export function text(flags: string, about: string): Flag<string | undefined>;
export function text<T>(flags: string, about: string, parse: Parse<T>): Flag<T | undefined>;
export function text<T>(flags: string, about: string, parse?: Parse<T>): Flag<T | string | undefined> {
  return value<T | string | undefined>([{ flags, about }], parse ?? asIs, undefined);
}

/** One text that Commander insists on. */
export function required(flags: string, about: string): Flag<string> {
  return value([{ flags, about, required: true }], asIs, '');
}

/** What is taken for given when it is not; the help says so. */
export function usually(flags: string, about: string, usual: string): Flag<string>;
export function usually<T>(flags: string, about: string, usual: string, parse: Parse<T>): Flag<T>;
export function usually<T>(flags: string, about: string, usual: string, parse?: Parse<T>): Flag<T | string> {
  const flag = longName(flags);
  const read = parse ?? asIs;
  return { written: [{ flags, about, usual }], read: (found) => read(String(found ?? usual), flag) };
}

/** One text, and its value when it was not given, which `about` names in its own words. */
export function textOr<T>(flags: string, about: string, parse: Parse<T>, otherwise: T): Flag<T> {
  return value([{ flags, about }], parse, otherwise);
}

/** The flag alone, or with a value: `--wait`, `--wait 5s`. */
export function maybe<T>(flags: string, about: string, parse: Parse<T>, alone: T): Flag<T | undefined> {
  const flag = longName(flags);
  return {
    written: [{ flags, about }],
    read: (found) => (typeof found === 'string' ? parse(found, flag) : found === true ? alone : undefined),
  };
}

/** A text, or refused by a flag of its own (false). */
export function refusable(flags: string, about: string, no: string, noAbout: string): Flag<string | false | undefined> {
  return {
    written: [
      { flags, about },
      { flags: no, about: noAbout },
    ],
    read: (found) => (found === false || typeof found === 'string' ? found : undefined),
  };
}

/** One of a few words. Commander refuses the others. */
export function oneOf<const T extends string>(
  flags: string,
  choices: readonly T[],
  about: string,
): Flag<T | undefined> {
  return {
    written: [{ flags, about, choices }],
    read: (found) => choices.find((choice) => choice === found),
  };
}

/** As often as wanted, or several words after one flag (`<path...>`); the empty list when never. */
export function texts(flags: string, about: string): Flag<readonly string[]>;
export function texts<T>(flags: string, about: string, parse: Parse<T>): Flag<readonly T[]>;
export function texts<T>(flags: string, about: string, parse?: Parse<T>): Flag<readonly (T | string)[]> {
  const flag = longName(flags);
  const read: Parse<T | string> = parse ?? asIs;
  return { written: [{ flags, about, repeats: true }], read: (found) => given(found).map((each) => read(each, flag)) };
}

/** As often as wanted, several with commas; undefined when never, so that "none of it" and "not asked" differ. */
export function list<T>(flags: string, about: string, parse: Parse<T>): Flag<readonly T[] | undefined> {
  const flag = longName(flags);
  return {
    written: [{ flags, about, repeats: true }],
    read: (found) => {
      const parts = given(found).flatMap((each) => each.split(','));
      return parts.length === 0 ? undefined : parts.map((each) => parse(each.trim(), flag));
    },
  };
}

/** Reads what a flag was given by a room that knows no flags: what it finds wrong is said after the flag's name. */
export function atFlag<T>(flag: string, read: () => T): T {
  try {
    return read();
  } catch (thrown) {
    throw namingFlag(flag, thrown);
  }
}

export function namingFlag(flag: string, thrown: unknown): unknown {
  if (!isHeddleError(thrown) || thrown.code !== 'usage') return thrown;
  return new HeddleError('usage', `${flag}: ${thrown.message}`, thrown);
}

function value<T>(written: readonly Written[], parse: Parse<T>, otherwise: T): Flag<T> {
  const flag = longName(written[0]!.flags);
  return { written, read: (found) => (typeof found === 'string' ? parse(found, flag) : otherwise) };
}

function given(found: unknown): readonly string[] {
  return Array.isArray(found) ? found.filter((each) => typeof each === 'string') : [];
}

/** `-n, --dry-run` is `--dry-run`; `--wait [duration]` is `--wait`. */
export function longName(flags: string): string {
  return /--[a-z-]+/.exec(flags)?.[0] ?? flags;
}

/** As Commander knows it. */
export function optionOf({ flags, about, choices, repeats, required, usual }: Written): Option {
  const option = new Option(flags, about);
  if (choices !== undefined) option.choices([...choices]);
  // A list of its own for each run: Commander keeps the one that it was given.
  if (repeats === true && !option.variadic)
    option.argParser((text: string, before: readonly string[] | undefined) => [...(before ?? []), text]);
  if (required === true) option.makeOptionMandatory();
  if (usual !== undefined) option.default(usual);
  return option;
}
