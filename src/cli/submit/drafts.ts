import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { setMembers } from '../../contract/edit-members.ts';
import { systemRandom } from '../../contract/ids.ts';
import { newTrace, parseTraceparent, type TraceContext, traceFromEnvironment } from '../../contract/trace-context.ts';
import { HeddleError } from '../../errors.ts';
import type { GoalDraft } from '../../submit/goal-draft.ts';
import { readAssignment, readJsonValue } from '../../submit/payload/assignment.ts';
import { buildPayload, type Payload } from '../../submit/payload/payload.ts';
import type { TaskDraft } from '../../submit/task-draft.ts';
import type { Io } from '../io.ts';
import { readInputText } from '../read-input.ts';
import { quoted } from '../screen/disarm.ts';
import { quotedValue } from '../screen/looks-secret.ts';
import type { SubmitRequest } from './flags.ts';

export async function readPayloadOf(request: SubmitRequest, io: Io, signal: AbortSignal): Promise<Payload> {
  return buildPayload({
    base: request.payload === undefined ? undefined : await payloadText(request.payload, io, signal),
    strings: request.set.map((text) => readAssignment(text, '--set')),
    typed: request.setJson.map((text) => readAssignment(text, '--set-json')),
  });
}

/** Servers take 1 MiB as a rule and 64 MiB at most. */
const LARGEST = 64 * 1024 * 1024;

/** The text itself, or of `@file`, or of stdin for `-`; and what to call it in messages. */
async function payloadText(
  written: string,
  io: Io,
  signal: AbortSignal,
): Promise<{ readonly text: string; readonly source: string }> {
  if (written !== '-' && !written.startsWith('@')) {
    if (looksLikeFile(written, io.cwd)) {
      throw new HeddleError('usage', `--payload: ${quotedValue(written)} is no JSON object`, {
        hint: `To read a file, put an @ before its name: --payload @${written}`,
      });
    }
    return { text: written, source: '--payload' };
  }
  const name = written === '-' ? '-' : written.slice(1);
  const text = await readInputText({ name, flag: '--payload' }, io, signal, LARGEST);
  return { text, source: name === '-' ? 'stdin' : name };
}

/** A name, and not JSON that went wrong: `task.json`, `./in/task`. */
function looksLikeFile(written: string, cwd: string): boolean {
  return (
    /^[^\s{}[\]"]+$/.test(written) &&
    (/\.json$/i.test(written) || written.includes('/') || existsSync(resolve(cwd, written)))
  );
}

/** All of a task but its payload. */
export function taskFrame(
  request: SubmitRequest,
  worker: { readonly name: string; readonly tier: TaskDraft['tier'] } | undefined,
  env: Io['env'],
): Omit<TaskDraft, 'payload' | 'payloadText'> {
  return {
    workerType: request.workerType ?? worker?.name ?? '',
    tier: request.tier ?? worker?.tier,
    priority: request.priority,
    parentId: request.parent,
    requestId: request.requestId,
    taskId: request.taskId,
    metadata: assigned(request.metadata, '--metadata'),
    trace: traceOf(request, env),
    direct: request.direct,
  };
}

export function goalDraft(request: SubmitRequest, env: Io['env']): GoalDraft {
  const context = assigned(request.context, '--context', { emptyKey: true }) ?? {};
  const texts = new Map<string, string>();
  for (const given of request.contextJson) {
    const assignment = readAssignment(given, '--context-json');
    const { value, text } = readJsonValue(assignment);
    put(context, assignment.key, value);
    texts.set(assignment.key, text);
  }
  return {
    instruction: request.goal ?? '',
    context,
    contextText: setMembers(JSON.stringify(context), texts),
    goalId: request.goalId,
    priority: request.priority,
    requestId: request.requestId,
    trace: traceOf(request, env),
  };
}

/** `key=value` pairs as Heddle reads them: flat keys, text values, the last one wins. */
function assigned(
  texts: readonly string[],
  flag: string,
  options?: { emptyKey: boolean },
): Record<string, unknown> | undefined {
  if (texts.length === 0) return undefined;
  const made: Record<string, unknown> = {};
  for (const text of texts) {
    const { key, text: value } = readAssignment(text, flag, options);
    put(made, key, value);
  }
  return made;
}

/** `__proto__` is a key like any other. */
function put(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}

function traceOf(request: SubmitRequest, env: Io['env']): TraceContext | undefined {
  if (request.newTrace) return newTrace(systemRandom);
  const { traceParent } = request;
  if (traceParent === undefined)
    return traceFromEnvironment({ TRACEPARENT: env.TRACEPARENT, TRACESTATE: env.TRACESTATE });
  const trace = parseTraceparent(traceParent);
  if (trace !== undefined) return trace;
  throw new HeddleError('usage', `--trace-parent: ${quoted(traceParent)} is no W3C traceparent`, {
    hint: 'It looks like 00-<32 hex digits>-<16 hex digits>-01; --new-trace makes one.',
  });
}
