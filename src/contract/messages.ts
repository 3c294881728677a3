import type { JsonObject } from './json.ts';

/** Heddle's model tiers. A subject may carry any token as tier: `--tier` of a Python worker is free text. */
export const MODEL_TIERS = ['local', 'standard', 'frontier'] as const;
/** Where the model of a task runs. */
export type ModelTier = (typeof MODEL_TIERS)[number];

/** Whether a text is one of Heddle's tiers. */
export function isModelTier(text: string): text is ModelTier {
  return (MODEL_TIERS as readonly string[]).includes(text);
}

/** Carried, enforced by nobody. */
export const PRIORITIES = ['low', 'normal', 'high', 'critical'] as const;
/** How urgent a message is. */
export type Priority = (typeof PRIORITIES)[number];

/** How far a task came. */
export const STATUSES = ['pending', 'processing', 'completed', 'failed'] as const;
/** How far a task came, as generations B and C write it. */
export type Status = (typeof STATUSES)[number];

/** Statuses of generation A; `retry` is read, never written. */
export const STATUSES_OF_A = [...STATUSES, 'retry'] as const;
/** How far a task came, as any generation writes it. */
export type StatusOfA = (typeof STATUSES_OF_A)[number];

/** ISO 8601 text as a rule; Python also reads seconds or milliseconds since 1970, as number or digits (see wire-time.ts). */
export type WireTime = string | number;

/**
 * Which of the three wire formats a message is in. `A`: bare, and holds something that only the April 2026 snapshot
 * writes (retry fields, status `retry`). `B`: bare otherwise; what this project writes. `C`: inside a typed frame.
 * `none`: no message of Heddle's.
 */
export type Generation = 'A' | 'B' | 'C' | 'none';

/** What every message may carry besides its fields: unknown keys, and the `_` lane, both kept. */
export interface OpenMessage {
  /** W3C headers as a rule; whatever the sender put there. See readTraceContext and traceCarrier. */
  _trace_context?: unknown;
  [key: string]: unknown;
}

/** A task on the wire, as Heddle's model has it; unknown keys stay. */
export interface TaskMessage extends OpenMessage {
  /** Any text; a uuid4 when left out. */
  task_id?: string;
  /** The goal's id when an orchestrator sent it; names the result subject. */
  parent_task_id?: string | null;
  worker_type: string;
  payload: JsonObject;
  /** Default `standard`. */
  model_tier?: ModelTier;
  /** Default `normal`. */
  priority?: Priority;
  created_at?: WireTime;
  request_id?: string | null;
  metadata?: JsonObject;
}

/** A result on the wire. */
export interface TaskResult extends OpenMessage {
  task_id: string;
  parent_task_id?: string | null;
  worker_type: string;
  status: StatusOfA;
  output?: JsonObject | null;
  error?: string | null;
  model_used?: string | null;
  /** Python also accepts digits in text and booleans as counts; on the wire they are numbers as a rule. */
  token_usage?: Record<string, unknown>;
  /** An object in B; A writes none and ignores whatever stands there. */
  metadata?: unknown;
  /** A whole number; text of digits is accepted by Python. */
  processing_time_ms?: number | string | boolean;
  completed_at?: WireTime;
}

/** A goal on the wire. */
export interface OrchestratorGoal extends OpenMessage {
  goal_id?: string;
  instruction: string;
  context?: JsonObject;
  request_id?: string | null;
  priority?: Priority;
  created_at?: WireTime;
}

/** Stored by orchestrators in Valkey; never on the bus. */
export interface CheckpointState extends OpenMessage {
  goal_id: string;
  original_instruction: string;
  executive_summary: string;
  completed_tasks: JsonObject[];
  pending_tasks: JsonObject[];
  open_issues: string[];
  decisions_made: string[];
  context_token_count: number | string | boolean;
  checkpoint_number: number | string | boolean;
  created_at?: WireTime;
}

/** What the router makes of a task that it cannot send on. */
export interface DeadLetter extends OpenMessage {
  /** Starts with one of DEAD_LETTER_REASONS; null when somebody wrote that it is. */
  reason: string | null;
  /** What the router received, whatever that was. */
  original_task: unknown;
  /** Copied from the bad message unchecked: can be of any type. */
  task_id: unknown;
  worker_type: unknown;
}

/** What actors are told. */
export interface ControlMessage extends OpenMessage {
  /** `reload` is the only action that anything acts on. */
  action: string;
}
