import { MODEL_TIERS } from '../../../../contract/messages.ts';
import { isSubjectToken } from '../../../../contract/subject-grammar.ts';
import { partProblem } from '../../../../contract/subjects.ts';
import type { Named, Section } from '../../section.ts';

/** What workers that speak HTTP may work on, and what is promised them. */
export interface WorkersConfig {
  readonly types: readonly WorkerTypeConfig[];
  /** An answer must name its lease; else the handle is enough. */
  readonly requireLeaseId: boolean;
  /** Polls that wait, at most. */
  readonly polls: number;
  /** Tasks that are handed out and have no answer yet, at most. */
  readonly leases: number;
}

/** One worker type. */
export interface WorkerTypeConfig {
  readonly name: string;
  readonly tiers: readonly string[];
  /** `durable`: a stream of JetStream keeps tasks until they are answered. */
  readonly mode: 'core' | 'durable';
  /** How long a worker may be silent. */
  readonly leaseS: number;
  readonly onExpiry: 'fail' | 'requeue' | 'drop';
  readonly maxAttempts: number;
  /** Tasks taken from the bus that wait here for a worker, of each tier, at most. */
  readonly buffer: number;
  /** What the stream of a durable type keeps at most; then it refuses tasks. */
  readonly streamMib: number;
  /** The key under which an output stands that is no object; undefined: such an output is refused. */
  readonly wrapOutput: string | undefined;
}

const DAY_S = 86_400;

export function workers(top: Section): WorkersConfig {
  const section = top.section('workers');
  const config: WorkersConfig = {
    types: section === undefined ? [] : typesOf(section),
    requireLeaseId: section?.truth('require_lease_id') ?? false,
    polls: section?.whole('polls', 1, 100_000) ?? 1_000,
    leases: section?.whole('leases', 1, 1_000_000) ?? 10_000,
  };
  section?.finish();
  return config;
}

function typesOf(section: Section): readonly WorkerTypeConfig[] {
  const all = section.named('types');
  const types = all.flatMap((each) => typeOf(each) ?? []);
  for (const { key, name } of all) {
    const lane = types.find((type) => type.tiers.some((tier) => `${type.name}.${tier}` === name));
    if (lane === undefined) continue;
    const message = `the worker type '${name}' has the name by which a worker asks for one tier of '${lane.name}'`;
    section.object(
      'bad-value',
      key,
      message,
      `leave that tier out of the tiers of '${lane.name}', or take another name`,
    );
  }
  return types;
}

function typeOf({ name, key, value: section }: Named<Section>): WorkerTypeConfig | undefined {
  const problem = partProblem(name);
  if (problem !== undefined) {
    section.object('bad-value', key, `the worker type '${name}' cannot be part of a subject: it ${problem}`);
  }
  const tiers = section.texts('tiers');
  for (const [at, tier] of tiers.entries()) {
    const node = section.items('tiers')[at];
    if (node !== undefined && !isSubjectToken(tier)) section.bad(`tiers[${at}]`, node, 'cannot be part of a subject');
  }
  const mode = section.choice('mode', ['core', 'durable']) ?? 'core';
  const onExpiry = section.choice('on_expiry', ['fail', 'requeue', 'drop']) ?? 'fail';
  const maxAttempts = section.whole('max_attempts', 1, 100) ?? 1;
  const expiry = section.map.entries.get('on_expiry')?.value;
  if (mode === 'durable' && expiry !== undefined) {
    section.bad(
      'on_expiry',
      expiry,
      'is for mode: core; a stream hands a task out again, up to max_attempts',
      'leave it out',
    );
  } else if (onExpiry === 'requeue' && maxAttempts === 1 && expiry !== undefined) {
    section.bad('on_expiry', expiry, 'hands nothing out again with one attempt', 'write max_attempts: 2 or more');
  }
  const streamNode = section.map.entries.get('stream_mib')?.value;
  if (mode === 'core' && streamNode !== undefined) {
    section.bad('stream_mib', streamNode, 'is for mode: durable; the bus keeps nothing', 'leave it out');
  }
  const wrap = section.text('wrap_output') ?? 'result';
  const type: WorkerTypeConfig = {
    name,
    tiers: tiers.length === 0 ? MODEL_TIERS : [...new Set(tiers)],
    mode,
    leaseS: section.whole('lease_s', 1, DAY_S) ?? 300,
    onExpiry,
    maxAttempts,
    buffer: section.whole('buffer', 1, 100_000) ?? 1_000,
    streamMib: section.whole('stream_mib', 1, 1_048_576) ?? 1_024,
    wrapOutput: wrap === 'none' ? undefined : wrap,
  };
  section.finish();
  return problem === undefined ? type : undefined;
}
