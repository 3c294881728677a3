import { isString } from '../../../node.ts';
import type { Named, Section } from '../../section.ts';
import { type PathRule, readPathRule } from '../path-rule.ts';

/** Something outside that clients may watch, by a program that watches it for them. */
export interface SubscriptionConfig {
  /** As the address calls it. */
  readonly kind: string;
  /** An argument list. With `{path}` in it each watch is a process of its own; without, one process has them all. */
  readonly command: readonly [program: string, ...args: string[]];
  /** Which paths may be watched, one of them at least. */
  readonly allow: readonly PathRule[];
  /** Names of variables that the program gets, besides those that any program needs. */
  readonly env: readonly string[];
  /** Early deaths in a row after which it is not started again. */
  readonly giveUpAfter: number;
  /** Watches of one caller, and of all. */
  readonly perCaller: number;
  readonly most: number;
  /** Events of one watch; what a program says beyond is dropped, and told to be. */
  readonly perSecond: number;
  /** So long without a word is told to the client, in seconds. */
  readonly silentS: number;
}

const KIND = /^[a-z][a-z0-9_-]{0,31}$/;

export function subscriptions(top: Section): readonly SubscriptionConfig[] {
  return top.named('subscriptions').flatMap((each) => subscriptionOf(each) ?? []);
}

function subscriptionOf({ name: kind, key, value: section }: Named<Section>): SubscriptionConfig | undefined {
  if (!KIND.test(kind)) {
    section.object('bad-value', key, `'${kind}' cannot be part of an address`, 'use small letters, digits, - and _');
  }
  section.needed('command');
  const [program, ...args] = section.texts('command');
  const allow = allowOf(section);
  const restart = section.section('restart');
  const giveUpAfter = restart?.whole('max', 1, 100) ?? 5;
  restart?.finish();
  const config: SubscriptionConfig = {
    kind,
    command: [program ?? '', ...args],
    allow,
    env: section.texts('env'),
    giveUpAfter,
    perCaller: section.whole('per_caller', 1, 1_000) ?? 20,
    most: section.whole('max', 1, 10_000) ?? 200,
    perSecond: section.whole('per_second', 1, 100_000) ?? 500,
    silentS: section.whole('silent_s', 1, 86_400) ?? 300,
  };
  section.finish();
  return program === undefined ? undefined : config;
}

/** One, or a list. */
function allowOf(section: Section): readonly PathRule[] {
  const node = section.needed('allow');
  if (node === undefined) return [];
  const items = isString(node) ? [node] : section.items('allow');
  return items.flatMap((item, at): PathRule[] => {
    const rule = isString(item) ? readPathRule(item.value) : undefined;
    if (rule !== undefined) return [rule];
    const hint = 'segments joined by /, of which each is text, {user} or *, and the last may be …';
    return section.bad(isString(node) ? 'allow' : `allow[${at}]`, item, 'is no rule for paths', hint) ?? [];
  });
}
