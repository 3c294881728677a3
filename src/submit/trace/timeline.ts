import type { Advice } from '../../remedy.ts';

/** One thing that was seen to happen to a task or goal. The keys are those of the JSON output. */
export interface Hop {
  readonly kind: HopKind;
  /** Since publishing, as it arrived here. */
  readonly at_ms: number;
  readonly subject: string;
  readonly task_id: string | null;
  readonly worker_type: string | null;
  /** Of a task: what it asks for. Of a routed one: where it went. */
  readonly tier: string | null;
  readonly status: string | null;
  /** A refusal's reason, a failed result's error, or what is worth noting. */
  readonly detail: string | null;
}

export type HopKind =
  | 'published'
  | 'routed'
  | 'result'
  | 'dead_letter'
  /** A pipeline's or orchestrator's own task for this goal. */
  | 'stage_sent'
  | 'stage_routed'
  | 'stage_result'
  | 'stage_dead_letter'
  /** On our result subject, and no result. */
  | 'unreadable'
  /** Ours by its task, or by the subject that was made for it alone, and not both. */
  | 'stray';

/** Is that status of a result the last one? `pending` and `processing` are not. */
export function isEnd(status: string | null): boolean {
  return status === 'completed' || status === 'failed';
}

/** One task of a goal, put together from its hops. */
export interface Stage {
  readonly name: string;
  readonly task_id: string;
  readonly worker_type: string | null;
  readonly tier: string | null;
  readonly sent_ms: number | null;
  readonly routed_ms: number | null;
  readonly ended_ms: number | null;
  readonly status: string | null;
}

/** Where it stopped short, who should have gone on, and what may be done about it. */
export interface MissingHop extends Advice {
  readonly hop: 'routing' | 'result' | 'pickup' | 'answer' | 'connection';
  /** In words. */
  readonly problem: string;
  /** What the servers say of who listens where; empty when they do not tell. */
  readonly evidence: readonly string[];
  /** Nobody is there who could go on, or it was answered where it does not count: waiting longer would be in vain. */
  readonly final: boolean;
  /** Nobody on the bus listens where it went, for work of this type and tier. */
  readonly unserved?: Unserved | undefined;
  /** It was answered, and the answer went astray. */
  readonly answered?: boolean | undefined;
}

export interface Unserved {
  readonly subject: string;
  readonly type: string;
  readonly tier: string;
}

export function stagesOf(hops: readonly Hop[], names: ReadonlyMap<string, string>): Stage[] {
  const stages = new Map<string, { -readonly [K in keyof Stage]: Stage[K] }>();
  for (const hop of hops) {
    if (!hop.kind.startsWith('stage_') || hop.task_id === null) continue;
    let stage = stages.get(hop.task_id);
    if (stage === undefined) {
      stage = {
        name: names.get(hop.task_id) ?? hop.worker_type ?? hop.task_id,
        task_id: hop.task_id,
        worker_type: hop.worker_type,
        tier: hop.tier,
        sent_ms: null,
        routed_ms: null,
        ended_ms: null,
        status: null,
      };
      stages.set(hop.task_id, stage);
    }
    if (hop.kind === 'stage_sent') stage.sent_ms ??= hop.at_ms;
    else if (hop.kind === 'stage_routed') {
      stage.routed_ms ??= hop.at_ms;
      stage.tier = hop.tier;
    } else {
      stage.ended_ms ??= hop.at_ms;
      stage.status ??= hop.kind === 'stage_dead_letter' ? 'dead_lettered' : hop.status;
    }
  }
  return [...stages.values()];
}
