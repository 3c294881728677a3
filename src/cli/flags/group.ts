import type { Command } from 'commander';
import { HeddleError } from '../../errors.ts';
import { type Flag, longName, optionOf } from './flag.ts';

export type Flags = Readonly<Record<string, Flag<unknown>>>;

/** Flags that belong together: they stand under one heading of the help, in one file, with what they need and exclude. */
export interface FlagGroup<F extends Flags = Flags, R extends readonly Rule[] = readonly Rule[]> {
  /** Absent: under the `Options:` of the command. */
  readonly heading?: string | undefined;
  readonly flags: F;
  /** What cannot be meant together, of this group and of others of the same command; checked in this order. */
  readonly rules?: R | undefined;
}

/** A flag that would do nothing is refused. `K` are the names of the flags that it speaks of. */
export type Rule<K extends string = string> =
  /** `flag` has a meaning beside one of `needs` only. */
  | { readonly flag: K; readonly needs: readonly K[]; readonly says?: Saying | undefined }
  /** The two mean nothing together, `unless` one of these stands there too. */
  | {
      readonly flag: K;
      readonly excludes: K;
      readonly unless?: readonly K[] | undefined;
      readonly says?: Saying | undefined;
    };

/** In other words than the usual ones. */
export interface Saying {
  readonly message?: string | undefined;
  readonly hint?: string | undefined;
}

type Values<F extends Flags> = { readonly [K in keyof F]: F[K] extends Flag<infer T> ? T : never };

/** What the groups of a command come to, by the names that the groups gave. */
export type ValuesOf<G extends readonly FlagGroup[]> = G extends readonly [
  FlagGroup<infer F>,
  ...infer Rest extends readonly FlagGroup[],
]
  ? Values<F> & ValuesOf<Rest>
  : unknown;

export type NamesOf<G extends readonly FlagGroup[]> = G[number] extends infer Each
  ? Each extends FlagGroup<infer F>
    ? keyof F & string
    : never
  : never;

/** The names that rules speak of. */
type SpokenOf<G extends readonly FlagGroup[]> = G[number] extends infer Each
  ? Each extends { readonly rules?: infer R | undefined }
    ? R extends readonly (infer One)[]
      ? SpokenIn<One>
      : never
    : never
  : never;
type SpokenIn<R> = R extends { readonly flag: infer A; readonly needs: readonly (infer B)[] }
  ? A | B
  : R extends { readonly flag: infer A; readonly excludes: infer B }
    ? A | B
    : never;

/** The groups of one command, when every rule of theirs speaks of flags that the command has; nothing else compiles. */
export type Known<G extends readonly FlagGroup[]> =
  Exclude<SpokenOf<G>, NamesOf<G>> extends never
    ? G
    : { readonly 'a rule speaks of a flag that no group has': Exclude<SpokenOf<G>, NamesOf<G>> };

export function flagGroup<const F extends Flags, const R extends readonly Rule[] = readonly []>(
  group: FlagGroup<F, R>,
): FlagGroup<F, R> {
  return group;
}

/** What Commander found written, by its names. */
export type Found = Readonly<Record<string, unknown>>;

export function declareGroup(command: Command, { heading, flags }: FlagGroup): void {
  if (heading !== undefined) command.optionsGroup(heading);
  for (const { written } of Object.values(flags)) for (const each of written) command.addOption(optionOf(each));
}

/** The flags of a command as they were written, before they are read. */
export interface WrittenFlags<G extends readonly FlagGroup[]> {
  /** Undefined: not given. */
  value(name: NamesOf<G>): unknown;
  /** `--dry-run` */
  name(name: NamesOf<G>): string;
}

export function writtenFlags<const G extends readonly FlagGroup[]>(groups: G, found: Found): WrittenFlags<G> {
  const all = flagsOf(groups);
  return {
    value: (name) => found[attributeOf(all.get(name)!)],
    name: (name) => longName(all.get(name)!.written[0]!.flags),
  };
}

/** Throws `usage` for the first rule that is broken. */
export function refuseBroken<const G extends readonly FlagGroup[]>(
  groups: G,
  written: WrittenFlags<G>,
  help: string,
): void {
  const rules = groups.flatMap(({ rules }) => (rules ?? []) as readonly Rule<NamesOf<G>>[]);
  const has = (name: NamesOf<G>): boolean => written.value(name) !== undefined;
  for (const rule of rules) {
    if (!has(rule.flag)) continue;
    if ('needs' in rule ? rule.needs.some(has) : !has(rule.excludes) || rule.unless?.some(has) === true) continue;
    const flag = written.name(rule.flag);
    const usual =
      'needs' in rule
        ? `${flag} needs ${rule.needs.map(written.name).join(' or ')}`
        : `${flag} and ${written.name(rule.excludes)} cannot be used together`;
    throw new HeddleError('usage', rule.says?.message ?? usual, { hint: rule.says?.hint ?? `See '${help}'.` });
  }
}

/** The values of what was written, and of what was not; throws `usage` for what is none. Nothing is connected yet. */
export function readFlags<const G extends readonly FlagGroup[]>(groups: G, found: Found): ValuesOf<G> {
  const values = [...flagsOf(groups)].map(([name, flag]) => [name, flag.read(found[attributeOf(flag)])]);
  return Object.fromEntries(values) as ValuesOf<G>;
}

function flagsOf(groups: readonly FlagGroup[]): ReadonlyMap<string, Flag<unknown>> {
  return new Map(groups.flatMap(({ flags }) => Object.entries(flags)));
}

/** The name under which Commander keeps what it found: `--no-env-file` is `envFile`. */
function attributeOf({ written: [first] }: Flag<unknown>): string {
  const name = first === undefined ? '' : longName(first.flags).replace(/^--(?:no-)?/, '');
  return name.replaceAll(/-(.)/g, (_dash, letter: string) => letter.toUpperCase());
}
