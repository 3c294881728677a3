import { entryOf, isString } from '../../config/node.ts';
import type { ConfigRule } from '../rule.ts';

export const appIdentity: ConfigRule = {
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
