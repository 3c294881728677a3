import { HeddleError } from '../../errors.ts';
import { duration } from '../flags/duration.ts';
import { list, maybe, oneOf, text, texts, toggle } from '../flags/flag.ts';
import { flagGroup, type ValuesOf, type WrittenFlags } from '../flags/group.ts';

/** What rows can be ordered by; numbers begin with the largest. */
export const SORTS = ['name', 'tier', 'replicas', 'handled', 'pending', 'rtt', 'rate'] as const;

export const WHAT = flagGroup({
  heading: 'What to show:',
  flags: {
    worker: list('--worker <name>', 'only these workers, and what is wrong with them', (name) => name),
    tier: list('--tier <tier>', 'only workers of these tiers', (tier) => tier),
    problems: toggle('--problems', 'only what is wrong, and the totals'),
    sort: oneOf('--sort <column>', SORTS, 'order the rows by this; rate with --watch'),
    config: texts('--config <path...>', 'compare with these configs'),
    configsDir: text('--configs-dir <dir>', 'compare with every *.yaml under it'),
    routerConfig: texts('--router-config <path...>', 'the rules that the running routers go by'),
    watch: maybe('--watch [every]', 'go on, and show what changed (default every 2s)', duration({ min: 100 }), 2000),
  },
  rules: [{ flag: 'routerConfig', needs: ['config', 'configsDir'] }],
});

export type WhatFlags = ValuesOf<readonly [typeof WHAT]>;

export const WHERE = flagGroup({
  heading: 'Where from:',
  flags: {
    monitor: texts(
      '--monitor <url>',
      "a server's monitoring port instead of the bus; repeat for each server of a cluster",
    ),
    account: text('--account <name>', 'only this account; with --monitor'),
  },
  rules: [
    {
      flag: 'account',
      needs: ['monitor'],
      says: { message: '--account goes with --monitor: the bus shows only our own' },
    },
  ],
});

export type WhereFlags = ValuesOf<readonly [typeof WHERE]>;

/** One reading knows no rates. */
export function refuseRateOnce(
  _args: readonly string[],
  written: WrittenFlags<readonly [typeof WHAT, typeof WHERE]>,
): void {
  if (written.value('sort') !== 'rate' || written.value('watch') !== undefined) return;
  throw new HeddleError('usage', '--sort rate takes two readings', { hint: 'Add --watch.' });
}
