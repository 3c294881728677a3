import { CONFIG_KINDS } from '../../config/kind.ts';
import { text, texts, toggle, usually } from '../flags/flag.ts';
import { flagGroup, type ValuesOf } from '../flags/group.ts';
import { word } from '../flags/word.ts';

const TOGETHER = {
  message: 'validate: --payload and --against go together',
  hint: 'heddle-ts validate --payload task.json --against configs/workers/my_worker.yaml',
};

export const VALIDATE = flagGroup({
  flags: {
    all: toggle('--all', 'every config below --configs-dir; paths are then ignored, as in Heddle'),
    configsDir: usually('--configs-dir <directory>', 'where --all looks', 'configs/'),
    stdinFilename: usually('--stdin-filename <name>', 'what findings call the config read from -', '<stdin>'),
    as: text('--as <kind>', `take every file for this kind: ${CONFIG_KINDS.join(', ')}`, word(CONFIG_KINDS)),
    compat: toggle('--compat', "exactly the verdict of Heddle's own validate, and no other rule"),
    failOn: usually(
      '--fail-on <severity>',
      'the least severity that makes the exit code 1: error or warning',
      'error',
      word(['error', 'warning']),
    ),
    /** Each may hold several with commas. */
    ignore: texts('--ignore <rule>', 'leave a rule out; may be repeated'),
    summary: toggle('--summary', 'only the counts, by rule'),
    rules: toggle('--rules', 'list every rule'),
    explain: text('--explain <rule>', 'print the page of one rule'),
    payload: text(
      '--payload <json|file>',
      'judge a payload (JSON, a file, or - for stdin) against the schema of --against',
    ),
    against: text('--against <config>', 'the worker config whose input_schema judges the payload'),
    outputSchema: toggle('--output-schema', 'judge by its output_schema'),
    messages: text('--messages <file>', 'judge wire messages, one JSON object to a line (- for stdin)'),
    acceptFrames: toggle(
      '--accept-frames',
      'with --messages: frames of generation C are messages, as on a bus of that one',
    ),
  },
  rules: [
    { flag: 'payload', needs: ['against'], says: TOGETHER },
    { flag: 'against', needs: ['payload'], says: TOGETHER },
    { flag: 'acceptFrames', needs: ['messages'] },
    { flag: 'outputSchema', needs: ['payload'], says: TOGETHER },
  ],
});

export type ValidateFlags = ValuesOf<readonly [typeof VALIDATE]>;
