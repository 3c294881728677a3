import { entryOf, isString } from '../../config/node.ts';
import { closest } from '../../suggest.ts';
import type { ConfigRule, Rule } from '../rule.ts';
import { ENTRY_KINDS } from '../shapes/app.ts';

const appIdentity: ConfigRule = {
  id: 'app-identity',
  scope: 'config',
  kinds: ['app'],
  severity: 'error',
  summary: 'The name or version of an app is not of the form that Heddle demands.',
  why: 'A name starts with a lower-case letter and goes on with lower-case letters, digits, - and _. A version starts with three numbers. An app that breaks this cannot be deployed.',
  hint: 'Write names such as my_app and versions such as "1.0.0".',
  example: { 'manifest.yaml': 'name: MyApp\nversion: "1.0"\ndescription: Sorts the mail.\nentry_configs: {}\n' },
  check: ({ root }, report) => {
    const name = entryOf(root, 'name')?.value;
    if (isString(name) && !/^[a-z][a-z0-9_-]*\n?$/.test(name.value)) {
      report(name, `the app name '${name.value}' must be lower-case letters, digits, - and _, starting with a letter`);
    }
    const version = entryOf(root, 'version')?.value;
    // Python's \d takes the digits of every script.
    if (isString(version) && !/^\p{Nd}+\.\p{Nd}+\.\p{Nd}+/u.test(version.value)) {
      report(version, `the version '${version.value}' must start with three numbers, such as 1.0.0`);
    }
  },
};

const appEntryFile: ConfigRule = {
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

const EXTRAS = ['redis', 'local', 'docproc', 'duckdb', 'rag', 'scheduler', 'mcp', 'workshop', 'mdns'];

const appExtra: ConfigRule = {
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

export const APP_RULES: readonly Rule[] = [appIdentity, appEntryFile, appExtra];
