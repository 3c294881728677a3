import { entryOf, isString } from '../../config/node.ts';
import type { ConfigRule } from '../rule.ts';
import { ENTRY_KINDS } from '../shapes/app.ts';

export const appEntryFile: ConfigRule = {
  id: 'app-entry-file',
  scope: 'config',
  kinds: ['app'],
  severity: 'error',
  summary: 'An entry config of an app does not end in .yaml.',
  why: 'Heddle refuses an app whose entry configs have any other ending, .yml included.',
  hint: 'Rename the file.',
  example: {
    'manifest.yaml':
      'name: mail_sorter\nversion: "1.0.0"\ndescription: Sorts the mail.\nentry_configs:\n  workers:\n    - config: configs/workers/sorter.yml\n',
  },
  check: ({ root }, report) => {
    const entries = entryOf(root, 'entry_configs')?.value;
    for (const kind of ENTRY_KINDS) {
      const list = entryOf(entries, kind)?.value;
      if (list?.kind !== 'seq') continue;
      for (const item of list.items) {
        const config = entryOf(item, 'config')?.value;
        if (isString(config) && !config.value.endsWith('.yaml')) report(config, `'${config.value}' must end in .yaml`);
      }
    }
  },
};
