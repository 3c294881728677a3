import { Option } from 'commander';
import type { CommandSpec } from '../command.ts';

const repeat = (value: string, before: readonly string[] | undefined): string[] => [...(before ?? []), value];

export const submit: CommandSpec = {
  formats: ['human', 'json'],
  connects: true,
  examples: [
    ['heddle-ts submit echo --set text=hello --wait', 'send one task to the echo worker and show its answer'],
    [
      'heddle-ts submit --goal "summarise the report" --context file=q3.md --wait 5m',
      'give a pipeline a goal, see it through',
    ],
    ['heddle-ts submit echo --payload @task.json --trace', 'show every hop, and which one is missing'],
    [
      'heddle-ts submit echo --jsonl tasks.ndjson --wait --concurrency 32 --journal done.ndjson',
      'a batch that can be resumed',
    ],
  ],
  declare: (command) => {
    command.argument('[worker_type]', 'the worker that shall do it; with --config: the name in the config');
    command.optionsGroup('Task:');
    command.option('--payload <json|@file|->', 'a JSON object: as text, from a file, or from stdin');
    command.addOption(new Option('--set <key=value>', 'set one field to text; dots make objects').argParser(repeat));
    command.addOption(new Option('--set-json <key=json>', 'set one field to a JSON value').argParser(repeat));
    command.addOption(
      new Option('--tier <tier>', 'model tier (default standard)').choices(['local', 'standard', 'frontier']),
    );
    command.addOption(
      new Option('--priority <priority>', 'carried along').choices(['low', 'normal', 'high', 'critical']),
    );
    command.option('--parent <id>', 'parent task id: names the subject of the answer');
    command.option('--request-id <id>', 'carried along');
    command.option('--task-id <id>', 'instead of a fresh uuid');
    command.addOption(new Option('--metadata <key=value>', 'add one entry to metadata').argParser(repeat));
    command.option('--trace-parent <traceparent>', 'W3C trace to join (default: TRACEPARENT of the environment)');
    command.option('--new-trace', 'begin a trace');
    command.optionsGroup('Goal:');
    command.option('--goal <instruction>', 'send a goal instead of a task');
    command.addOption(new Option('--context <key=value>', 'add text to the context').argParser(repeat));
    command.addOption(new Option('--context-json <key=json>', 'add a JSON value to the context').argParser(repeat));
    command.option('--goal-id <id>', 'instead of a fresh uuid');
    command.optionsGroup('Sending:');
    command.option('--config <worker.yaml>', "check the payload by the worker's schema first, take its tier");
    command.option('--strict', 'with --config: the whole JSON Schema, not only what Heddle checks');
    command.option('-n, --dry-run', 'print the message and its subject, send nothing');
    command.option('--direct', 'skip the router: publish where the worker listens');
    command.option('--verify', 'ask the servers who listens: a watcher is not a router');
    command.option('--allow-unheard', 'only warn when nobody listens');
    command.optionsGroup('Waiting:');
    command.option('--wait [duration]', 'wait for the answer (default 60s)');
    command.option('--output-only', 'print only the output of the answer');
    command.option('--linger <duration>', 'watch so long for a second answer (default 200ms)');
    command.option('--trace', 'show every hop of the message (waits, too)');
    command.optionsGroup('Batch:');
    command.option('--jsonl <file|->', 'one payload, or one TaskMessage, or one record of tail, a line');
    command.addOption(new Option('--lines <kind>', 'what the lines are').choices(['auto', 'payload', 'envelope']));
    command.option('--count <n>', 'send the same task n times');
    command.option('--rate <n/s>', 'at most so many: 50/s, 100/m');
    command.option('--concurrency <n>', 'with --wait: tasks in flight (default 16)');
    command.addOption(new Option('--on-error <action>', 'malformed lines (default stop)').choices(['stop', 'skip']));
    command.option('--journal <file>', 'note what is done, and leave it out in a rerun');
    command.option('--retry-failed', 'with --journal: do failed tasks again');
    command.option('--resend-uncertain', 'after a lost connection, send again what may have arrived');
    command.option('--reconnect-timeout <duration>', 'how long the connection may stay away (default 60s)');
  },
  run: async (session, args, options) => {
    const { readSubmitRequest } = await import('../submit/request.ts');
    const request = readSubmitRequest(args, options);
    if (request.batch !== undefined)
      return await (await import('../submit/many.ts')).submitMany(session, request, request.batch);
    return await (await import('../submit/one.ts')).submitOne(session, request);
  },
};
