import { checkOptions, is } from '../check-options.ts';
import { readJsonObjectText } from '../contract/decode-json.ts';
import { isJsonObject, type JsonObject } from '../contract/json.ts';
import type { TaskMessage } from '../contract/messages.ts';
import { payloadLine, type TakenTask } from '../contract/taken-task.ts';
import { readTraceContext } from '../contract/trace-context.ts';
import { HeddleError } from '../errors.ts';
import { type Clock, systemClock } from '../time/clock.ts';
import { within } from '../time/wait.ts';
import type { Answer, SidecarHere, TaskContext, TaskLog, WorkerDefinition } from './define.ts';
import { NEVER_GIVES_UP, type Performed, type Performer } from './performer.ts';

/** What a handler in this process takes from its surroundings. */
export interface InProcessOptions {
  /** Default: the system's. */
  readonly clock?: Clock | undefined;
  /** Of the program beside the worker. Default: there is none. */
  readonly sidecar?: (() => SidecarHere | undefined) | undefined;
}

/** Runs the handler in this process. */
export function inProcess<Payload = JsonObject, Output = JsonObject>(
  definition: WorkerDefinition<Payload, Output>,
  options: InProcessOptions = {},
): Performer {
  checkOptions('inProcess', options, { clock: is.clock, sidecar: is.callback });
  const { clock = systemClock, sidecar } = options;
  return {
    start: async () => await definition.setup?.(),
    perform: async (task, signal, log) => {
      const answer = await definition.handle(task.message.payload as Payload, contextOf(task, signal, log, sidecar));
      return readAnswer(answer);
    },
    reset: async () => await definition.reset?.(),
    stop: (withinMs) => tearDown(definition, withinMs, clock),
    kill: () => {},
    gaveUp: NEVER_GIVES_UP,
  };
}

async function tearDown(
  { teardown }: Pick<WorkerDefinition, 'teardown'>,
  withinMs: number,
  clock: Clock,
): Promise<void> {
  if (await within(clock, (async () => await teardown?.())(), withinMs)) return;
  throw new HeddleError('timeout', 'the teardown of the handler did not end within the grace');
}

/** Answers with the payload, character for character. */
export function echo(): Performer {
  return {
    ...inProcess({ handle: () => null }),
    perform: async (task) => ({ output: task.message.payload, outputText: payloadLine(task) }),
  };
}

function frozenMessage(task: TakenTask): Readonly<TaskMessage> {
  const read = readJsonObjectText(task.text);
  return freezeDeep(read.ok ? (read.value as TaskMessage) : task.message);
}

function contextOf(
  task: TakenTask,
  signal: AbortSignal,
  log: TaskLog,
  sidecar: InProcessOptions['sidecar'],
): TaskContext {
  let whole: Readonly<TaskMessage> | undefined;
  return {
    metadata: task.metadata,
    // Read a second time, and only when asked for: the payload is the handler's own to change, this is not.
    get task() {
      whole ??= frozenMessage(task);
      return whole;
    },
    trace: readTraceContext(task.message),
    signal,
    get sidecar() {
      return sidecar?.();
    },
    log,
  };
}

const ANSWER_KEYS = new Set(['output', 'model_used', 'token_usage', 'metadata']);

/** An object with `output` (an object or null) and no key that an answer does not have is an answer; all else an output. */
export function readAnswer(value: unknown): Performed {
  if (!isJsonObject(value) || !isAnswer(value)) return { output: value ?? null };
  const { output, model_used, token_usage, metadata } = value;
  return { output: output ?? null, modelUsed: model_used, tokenUsage: token_usage, metadata };
}

function isAnswer(value: JsonObject): value is JsonObject & Answer {
  if (!Object.hasOwn(value, 'output')) return false;
  const { output } = value;
  if (output !== null && !isJsonObject(output)) return false;
  return Object.keys(value).every((key) => ANSWER_KEYS.has(key));
}

/** Freezes what JSON.parse made, to the bottom; no recursion, because nesting is the sender's choice. */
function freezeDeep<T extends object>(root: T): Readonly<T> {
  const open: object[] = [root];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    Object.freeze(at);
    for (const value of Object.values(at)) if (typeof value === 'object' && value !== null) open.push(value);
  }
  return root;
}
