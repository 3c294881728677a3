import { entryOf } from '../../config/node.ts';
import type { ConfigRule } from '../rule.ts';
import { isForeign } from '../shapes/worker.ts';

export const foreignWorker: ConfigRule = {
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
