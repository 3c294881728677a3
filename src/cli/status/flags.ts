import { duration } from '../flags/duration.ts';
import { maybe, text, texts } from '../flags/flag.ts';
import { flagGroup, type ValuesOf } from '../flags/group.ts';

export const WHAT = flagGroup({
  heading: 'What to show:',
  flags: {
    config: texts('--config <path...>', 'compare with these configs'),
    configsDir: text('--configs-dir <dir>', 'compare with every *.yaml under it'),
    routerConfig: texts('--router-config <path...>', 'the rules that the running routers go by'),
    watch: maybe('--watch [every]', 'go on, and show what changed (default every 2s)', duration({ min: 100 }), 2000),
  },
  rules: [{ flag: 'routerConfig', needs: ['config', 'configsDir'] }],
});

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
