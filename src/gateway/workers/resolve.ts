import { hash } from 'node:crypto';
import { readJsonText } from '../../contract/decode-json.ts';
import { Problem, problem } from '../../http/problem.ts';
import { type Context, jsonReply, type Reply } from '../../http/route.ts';
import { deadline } from '../../time/wait.ts';
import { ANONYMOUS } from '../core.ts';
import type { Found } from '../lease/lease.ts';
import { type GatewayProblemCode, gatewayProblem } from '../problems.ts';
import { end, isEnding, sign } from './act.ts';
import { type Action, type Resolve, readResolve } from './action.ts';
import { adopt } from './adopt.ts';
import { mayWork, requireTypes } from './asked.ts';
import type { Bridge, Told } from './bridge.ts';
import { runOf, type WorkJob, type WorkLease } from './job.ts';
import type { ResolveOutcome } from './numbers.ts';
import type { Passed, Peers } from './peers.ts';
import type { Signals } from './signals.ts';

export interface ResolveTools {
  readonly bridge: Bridge;
  readonly signals: Signals;
  readonly peers: Peers;
}

const OUTCOMES: Readonly<Record<string, ResolveOutcome>> = {
  stale_lease: 'stale_lease',
  lease_expired: 'lease_expired',
  lease_lost: 'lease_lost',
  unknown_task: 'unknown_task',
  already_resolved: 'already_resolved',
};

/** What a worker says of a task that it was handed. */
export async function resolve(tools: ResolveTools, handle: string, context: Context): Promise<Reply> {
  const { bridge, signals } = tools;
  const { principal = ANONYMOUS } = context;
  try {
    const { value, text } = await context.json();
    const said = { ...readResolve({ value, text }), text };
    const { action, leaseId } = said;
    if (leaseId === undefined && bridge.config.requireLeaseId) {
      throw gatewayProblem('invalid_action', {
        detail: 'the answer does not name its lease',
        errors: [{ pointer: '/lease_id', problem: 'is missing' }],
      });
    }
    const from = { handle, owner: principal.name, may: (type: string) => mayWork(principal, type) };
    const told = (await resolveHere(tools, from, said)) ?? (await resolveElsewhere(tools, from, said)) ?? unknown();
    bridge.numbers.resolved(told.duplicate === true ? 'duplicate' : 'ok');
    if (action.kind !== 'wait_signal') return jsonReply(200, { task_id: handle, ...told });
    requireTypes(context, typeof told.worker_type === 'string' ? [{ type: told.worker_type }] : []);
    const runId = action.runId ?? String(told.run_id);
    const say = async (): Promise<Told> =>
      (await resolveHere(tools, from, said)) ?? (await resolveElsewhere(tools, from, said)) ?? unknown();
    const data = await context.apart(
      waitForSignal(signals, { ...action, runId }, { bridge, context, termMs: Number(told.lease_ms), say }),
    );
    return { status: 200, type: 'application/json', body: data };
  } catch (thrown) {
    bridge.numbers.resolved((thrown instanceof Problem ? OUTCOMES[thrown.code] : undefined) ?? 'refused');
    throw thrown;
  }
}

/** Whose answer it is, and on which types he may work. */
interface From extends Pick<Passed, 'handle' | 'owner'> {
  readonly may: (type: string) => boolean;
}

interface Said extends Resolve {
  /** As it came. */
  readonly text: string;
}

/** By the replica that handed it out; where that is gone and a stream has the task, by this one. */
async function resolveElsewhere(tools: ResolveTools, from: From, said: Said): Promise<Told | undefined> {
  const { leaseId, text } = said;
  const types = [...new Set([...tools.bridge.lanes.values()].map(({ type }) => type))].filter(from.may);
  const passed = { handle: from.handle, owner: from.owner, types, body: text };
  const passOn = tools.peers.pass(passed, leaseId);
  const told = await passOn.catch((thrown: unknown) => {
    if (thrown instanceof Problem && thrown.code === 'lease_lost') return undefined;
    throw thrown;
  });
  if (told !== undefined) return told;
  return (await adopt(tools.bridge, passed, leaseId)) ? await resolveHere(tools, from, said) : await passOn;
}

/** For a replica that was asked. */
export async function resolvePassed(tools: ResolveTools, passed: Passed): Promise<Told | undefined> {
  const { handle, owner, types, body: text } = passed;
  const read = readJsonText(text);
  if (!read.ok) return undefined;
  const from = { handle, owner, may: (type: string) => types.includes(type) };
  return await resolveHere(tools, from, { ...readResolve(read), text });
}

/** undefined: the handle is not known here. */
async function resolveHere(
  { bridge, signals }: ResolveTools,
  { handle, owner, may }: From,
  { action, leaseId, text }: Said,
): Promise<Told | undefined> {
  const found = bridge.ledger.find(handle, owner, leaseId);
  if (found.kind === 'unknown' || !may(bridge.laneOf(found.lease.job).type)) return undefined;
  // The same handle is that of another message with this id elsewhere.
  if (leaseId !== undefined && leaseId !== found.lease.leaseId && !bridge.gaveLease(leaseId)) return undefined;
  if (!isEnding(action)) {
    const lease = openOnly(found);
    const told = await sign(bridge, lease, action, signals);
    if (action.kind !== 'wait_signal') return told;
    return { ...told, run_id: runOf(lease.job), lease_ms: lease.termMs, worker_type: lease.job.type };
  }
  if (found.kind === 'expired' || found.kind === 'superseded') throw lapsed(found.kind);
  const digest = hash('sha256', text, 'base64url');
  const settled = await bridge.ledger.settle(found.lease, digest, () => end(bridge, openOnly(found), action));
  if (settled.kind === 'settled') return { ...settled.answer, duplicate: settled.duplicate };
  throw settled.kind === 'other_answer' ? answered() : lapsed(settled.kind);
}

function openOnly(found: Exclude<Found<WorkJob, Told>, { kind: 'unknown' }>): WorkLease {
  if (found.kind === 'open') return found.lease;
  throw found.kind === 'resolved' ? answered() : lapsed(found.kind);
}

/** The lease is kept as long as the worker waits. */
async function waitForSignal(
  signals: Signals,
  { runId, name, timeoutMs }: Extract<Action, { kind: 'wait_signal' }> & { readonly runId: string },
  {
    bridge,
    context,
    termMs,
    say,
  }: { readonly bridge: Bridge; readonly context: Context; readonly termMs: number; readonly say: () => Promise<Told> },
): Promise<string> {
  const { clock } = bridge.core;
  const ends = [context.signal, context.draining, bridge.closing.signal];
  const withdrawn = new AbortController();
  const stay = context.onWithdrawn((why) => withdrawn.abort(why));
  const waiting = deadline(clock, timeoutMs, ...ends, withdrawn.signal);
  // Where it is lost meanwhile, the worker is told by its next answer.
  const alive = clock.every(Math.max(100, termMs / 3), () => void say().catch(() => {}));
  try {
    const data = await signals.wait(runId, name, waiting.signal);
    if (context.withdrawn !== undefined) throw context.withdrawn;
    if (data !== undefined) return data;
  } finally {
    clock.cancel(alive);
    waiting.clear();
    stay();
  }
  if (ends.some(({ aborted }) => aborted))
    throw problem('overloaded', { detail: 'the gateway is about to end', retryAfterS: 1 });
  throw gatewayProblem('signal_timeout', { detail: `no signal came within ${timeoutMs} ms`, hint: 'Wait again.' });
}

function lapsed(kind: 'expired' | 'superseded'): Problem {
  return kind === 'expired'
    ? worded('lease_expired', 'the time of this lease is over', 'Send heartbeats, or have a longer lease configured.')
    : worded('stale_lease', 'the task was taken from this worker: somebody else has it or answered it', undefined);
}

function answered(): Problem {
  return worded('already_resolved', 'this task has another answer already', undefined);
}

function unknown(): never {
  throw worded('unknown_task', 'no task of this name is handed out to this caller', undefined);
}

function worded(code: GatewayProblemCode, detail: string, hint: string | undefined): Problem {
  return gatewayProblem(code, { detail, hint });
}
