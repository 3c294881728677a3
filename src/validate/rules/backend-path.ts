import { entryOf, isString } from '../../config/node.ts';
import { quote } from '../describe.ts';
import type { ConfigRule } from '../rule.ts';

export const backendPath: ConfigRule = {
  id: 'backend-path',
  scope: 'config',
  kinds: ['worker'],
  severity: 'error',
  summary: 'processing_backend is not the path of a Python class.',
  why: 'Heddle imports the class by this path; it must be a module and a class, joined by dots, each a Python identifier.',
  hint: 'Write module.Class, such as my_package.backends.Thumbnailer.',
  example: { 'worker.yaml': 'name: thumbnailer\nworker_kind: processor\nprocessing_backend: my-package.Thumbnailer\n' },
  check: ({ root }, report) => {
    const kind = entryOf(root, 'worker_kind')?.value;
    const backend = entryOf(root, 'processing_backend')?.value;
    if (!isString(backend) || !isString(kind) || kind.value !== 'processor') return;
    const segments = backend.value.split('.');
    if (segments.length < 2) {
      report(
        backend,
        `'processing_backend' must be a module and a class joined by a dot, it is ${quote(backend.value)}`,
        {
          hint: 'such as my_package.backends.MyBackend',
          key: 'processing_backend',
        },
      );
      return;
    }
    for (const segment of segments) {
      if (isIdentifier(segment)) continue;
      report(backend, `${quote(segment)} in 'processing_backend' is no Python identifier`, {
        key: 'processing_backend',
      });
    }
  },
};

/** Python's str.isidentifier: letters of every script, digits, _; keywords pass. */
function isIdentifier(text: string): boolean {
  return /^[\p{XID_Start}_]\p{XID_Continue}*$/u.test(text);
}
