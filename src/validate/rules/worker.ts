import { quote } from '../../config/describe.ts';
import { entryOf, isString, pythonType } from '../../config/node.ts';
import type { ConfigRule, Rule } from '../rule.ts';
import { isForeign } from '../shapes/worker.ts';

const backendPath: ConfigRule = {
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

const foreignWorker: ConfigRule = {
  id: 'foreign-worker',
  scope: 'config',
  kinds: ['worker'],
  severity: 'note',
  summary: "A worker in another language, which Heddle's own validate refuses.",
  why: 'The wire protocol lets an actor be written in any language; its config has an implementation block and no Python class. heddle validate demands a processing_backend of every processor and reports this file as invalid, although it works.',
  hint: 'Nothing needs to change. Where heddle validate must pass too, add a dotted name such as foreign.Worker as processing_backend: nothing imports it.',
  example: {
    'worker.yaml':
      'name: image_classifier\nworker_kind: processor\ndefault_model_tier: local\nimplementation:\n  runtime: dotnet\n  entry: ./bin/ImageClassifier\n',
  },
  check: ({ root }, report) => {
    const entry = entryOf(root, 'implementation');
    if (entry !== undefined && isForeign(root)) {
      report(entry.key, "a worker in another language: heddle validate refuses it, for it has no 'processing_backend'");
    }
  },
};

const fileRefsWorkspace: ConfigRule = {
  id: 'file-refs-workspace',
  scope: 'config',
  kinds: ['worker'],
  severity: 'error',
  summary: 'resolve_file_refs stands without workspace_dir.',
  why: 'References to files are looked up below workspace_dir; without it Heddle refuses the config.',
  hint: 'Add workspace_dir.',
  example: { 'worker.yaml': 'name: reader\nsystem_prompt: Summarize the file.\nresolve_file_refs: [document]\n' },
  check: ({ root }, report) => {
    const refs = entryOf(root, 'resolve_file_refs');
    if (refs === undefined || root.entries.has('workspace_dir')) return;
    report(refs.key, "'resolve_file_refs' needs the key 'workspace_dir'", { key: 'resolve_file_refs' });
  },
};

const knowledgeSource: ConfigRule = {
  id: 'knowledge-source',
  scope: 'config',
  kinds: ['worker'],
  severity: 'error',
  summary: "'required' of a knowledge source is no truth value.",
  why: 'A source that is missing ends the worker or is skipped, as required says. Heddle refuses anything else than true and false there.',
  hint: 'Write true or false, without quotes.',
  example: {
    'worker.yaml':
      'name: advisor\nsystem_prompt: Answer from the handbook.\nknowledge_sources:\n  - path: handbook.md\n    required: "yes"\n',
  },
  check: ({ root }, report) => {
    const list = entryOf(root, 'knowledge_sources')?.value;
    if (list?.kind !== 'seq') return;
    list.items.forEach((item, index) => {
      const required = entryOf(item, 'required')?.value;
      if (required === undefined || pythonType(required) === 'bool') return;
      report(required, `'required' of knowledge_sources[${index}] must be true or false`, {
        key: `knowledge_sources[${index}].required`,
      });
    });
  },
};

export const WORKER_RULES: readonly Rule[] = [backendPath, foreignWorker, fileRefsWorkspace, knowledgeSource];
