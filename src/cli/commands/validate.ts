import type { Command } from 'commander';
import { CONFIG_KINDS } from '../../config/kind.ts';
import type { CommandOptions, CommandSpec } from '../command.ts';
import { FORMAT_NAMES } from '../output/validate/names.ts';
// Not on demand: nearly every run needs it, and each further chunk costs a millisecond of a cold start.
import { runFiles } from '../validate/run-files.ts';

const collect = (value: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  ...value.split(',').map((each) => each.trim()),
];

/** Says of each config whether Heddle can work with it, where not, why, and what to write instead. */
export const validate: CommandSpec = {
  formats: FORMAT_NAMES,
  connects: false,
  examples: [
    ['heddle-ts validate configs/', 'every config below a directory'],
    ["heddle-ts validate 'configs/**/*.yaml' -o github", 'as annotations of a pull request'],
    ['heddle-ts validate --explain wrong-type', 'what a rule is about, with an example'],
    ['heddle-ts validate --payload task.json --against configs/workers/echo.yaml', 'a payload against a schema'],
  ],
  declare,
  run: async (session, args, options) => {
    if (options.rules === true || options.explain !== undefined) {
      return (await import('../validate/show-rules.ts')).showRules(session, options);
    }
    if (options.payload !== undefined || options.against !== undefined || options.outputSchema === true) {
      return (await import('../validate/run-payload.ts')).runPayload(session, args, options);
    }
    if (options.messages !== undefined) {
      return (await import('../validate/run-messages.ts')).runMessages(session, args, options);
    }
    return runFiles(session, args, options);
  },
};

export type ValidateOptions = CommandOptions;

function declare(command: Command): void {
  command
    .argument('[paths...]', 'files, directories, globs in quotes, or - for stdin')
    .option('--all', 'every config below --configs-dir; paths are then ignored, as in Heddle')
    .option('--configs-dir <directory>', 'where --all looks', 'configs/')
    .option('--stdin-filename <name>', 'what findings call the config read from -', '<stdin>')
    .option('--as <kind>', `take every file for this kind: ${CONFIG_KINDS.join(', ')}`)
    .option('--compat', "exactly the verdict of Heddle's own validate, and no other rule")
    .option('--fail-on <severity>', 'the least severity that makes the exit code 1: error or warning', 'error')
    .option('--ignore <rule>', 'leave a rule out; may be repeated', collect)
    .option('--summary', 'only the counts, by rule')
    .option('--rules', 'list every rule')
    .option('--explain <rule>', 'print the page of one rule')
    .option('--payload <file>', 'judge a payload (JSON; - for stdin) against the schema of --against')
    .option('--against <config>', 'the worker config whose input_schema judges the payload')
    .option('--output-schema', 'judge by its output_schema')
    .option('--messages <file>', 'judge wire messages, one JSON object to a line (- for stdin)');
}
