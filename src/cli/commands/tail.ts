import { Option } from 'commander';
import type { CommandSpec } from '../command.ts';

const repeat = (value: string, before: readonly string[] | undefined): string[] => [...(before ?? []), value];
const several = (flags: string, about: string): Option => new Option(flags, about).argParser(repeat);

/** Follows a bus and says what it missed. */
export const tail: CommandSpec = {
  formats: ['human', 'ndjson'],
  connects: true,
  examples: [
    ['heddle-ts tail', 'results and dead letters, as they come'],
    ['heddle-ts tail --tasks --pair --worker echo', 'tasks of one worker with their answers and latencies'],
    ['heddle-ts tail --for 30s --expect 10 --fail-on failed,dead_letter', 'a script: exit 1 on a failure or too few'],
    ["heddle-ts tail -o ndjson --where 'output.score<0.5' | jq .message.task_id", 'filter here, work on there'],
  ],
  declare: (command) => {
    command.argument('[subjects...]', 'subjects to follow (default: heddle.results.* and heddle.tasks.dead_letter)');
    command.optionsGroup('What to follow:');
    command.option('--tasks', 'tasks, too (heddle.tasks.>)');
    command.option('--goals', 'goals, too (heddle.goals.>)');
    command.option('--control', 'control messages, too (heddle.control.>)');
    command.option('--all', 'everything of Heddle (heddle.>)');
    command.option('--any-subject', 'allow subjects outside heddle.');
    command.option('--since <duration|time>', 'begin with what a JetStream stream kept: 1h, 2026-04-29T12:00:00Z');
    command.option('--last <n>', 'begin with the last n messages that a JetStream stream kept');
    command.option('--no-follow', 'with --since or --last: only the past');
    command.addOption(several('--from <file|->', 'replay a recording instead of following a bus'));
    command.optionsGroup('Filters (lists with commas are alternatives; all filters must hold):');
    command.addOption(several('--worker <name>', 'of these workers'));
    command.addOption(several('--tier <tier>', 'of these tiers'));
    command.addOption(several('--status <status>', 'results with this status: completed, failed, ...'));
    command.addOption(several('--kind <kind>', 'task, result, goal, dead_letter, control, unknown'));
    command.addOption(several('--task <id>', 'this task: the id or its first characters (6 or more)'));
    command.addOption(several('--parent <id>', 'of this parent task'));
    command.addOption(several('--goal <id>', 'this goal, its tasks and results'));
    command.addOption(several('--request <id>', 'of this request'));
    command.addOption(
      several('--where <condition>', 'path=value, !=, ~regex, !~regex, >, <, >=, <=; path alone: it is there'),
    );
    command.addOption(several('--grep <regex>', 'the subject or message matches; /text/i ignores case'));
    command.addOption(several('--exclude <regex>', 'it does not match'));
    command.optionsGroup('Ending (for scripts):');
    command.option('--count <n>', 'end after n messages');
    command.option('--for <duration>', 'end after this long');
    command.option('--idle <duration>', 'end when this long nothing was shown');
    command.addOption(several('--until <condition>', 'end with the first message like this; exit 1 when none came'));
    command.option('--expect <n>', 'exit 1 when fewer messages came');
    command.addOption(
      several('--fail-on <words>', 'exit 1 at the first that is failed, dead_letter, unknown, invalid, ...'),
    );
    command.option('--fail-on-gap', 'exit 1 when messages may have been missed');
    command.optionsGroup('Looking closer:');
    command.option('--pair', 'join tasks with results, goals with stages (follows tasks and goals, too)');
    command.option('--orphan-after <duration>', 'with --pair: a task without answer is told then (default 60s)');
    command.option('--lint', 'judge each message: what Heddle checks, and the whole schema');
    command.addOption(several('--config <worker.yaml>', "with --lint: this worker's schemas, too"));
    command.optionsGroup('Showing:');
    command.option('--wide', 'tier, size, tokens, model, subject and a preview, too');
    command.option('--body', 'the payload, output or original task below each line');
    command.option('--template <text>', "a line of your own: '{time} {worker_type} {status}'");
    command.option('--highlight <regex>', 'make what matches stand out');
    command.option('--stats <duration>', 'figures this often (also on SIGUSR2)');
    command.optionsGroup('Recording and limits:');
    command.option('--record <file>', 'append all that is shown to this file, as ndjson');
    command.option('--record-size <size>', 'rotate it at this size (default 100MiB)');
    command.option('--record-keep <n>', 'rotated files to keep (default 9)');
    command.option('--buffer <size>', 'what may wait for a slow reader before the oldest is dropped (default 64MiB)');
    command.option('--ping-interval <duration>', 'a frozen connection is noticed after three of these (default 10s)');
  },
  run: async (session, args, options) => await (await import('../tail/run.ts')).runTail(session, args, options),
};
