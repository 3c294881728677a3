import { entryOf, isString } from '../../config/node.ts';
import { closest } from '../../suggest.ts';
import type { ConfigRule } from '../rule.ts';

const EXTRAS = ['redis', 'local', 'docproc', 'duckdb', 'rag', 'scheduler', 'mcp', 'workshop', 'mdns'];

export const appExtra: ConfigRule = {
  id: 'app-extra',
  scope: 'config',
  kinds: ['app'],
  severity: 'warning',
  summary: 'An app asks for an extra that Heddle does not have.',
  why: 'required_extras names the optional parts of heddle-ai that the app needs. Heddle logs an unknown one and goes on without it.',
  hint: 'Correct the name.',
  example: {
    'manifest.yaml': 'name: mail_sorter\nversion: "1.0.0"\ndescription: Sorts the mail.\nrequired_extras: [duck_db]\n',
  },
  check: ({ root }, report) => {
    const list = entryOf(root, 'required_extras')?.value;
    if (list?.kind !== 'seq') return;
    for (const item of list.items) {
      if (!isString(item) || EXTRAS.includes(item.value)) continue;
      const [near] = closest(item.value, EXTRAS);
      report(item, `'${item.value}' is no extra of heddle-ai`, {
        hint: near === undefined ? `extras are ${EXTRAS.join(', ')}` : `did you mean '${near}'?`,
      });
    }
  },
};
