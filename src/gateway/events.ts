import type { SidecarEvent } from '../child/sidecar.ts';
import type { AccessEvent } from '../http/service.ts';

export { NO_ANSWER } from '../http/service.ts';

/** What a gateway tells whoever runs it. Nothing in it is a secret, or was sent by a client but for ids. */
export type GatewayEvent =
  | {
      readonly kind: 'gateway_started';
      readonly name: string;
      readonly url: string;
      readonly store: StoreKind;
      readonly webhooks: number;
      readonly tokens: number;
    }
  /** Every answer. */
  | ({ readonly kind: 'http_request' } & AccessEvent)
  | { readonly kind: 'webhook_refused'; readonly webhook: string; readonly code: string; readonly requestId: string }
  | {
      readonly kind: 'work_published';
      readonly what: 'task' | 'goal';
      readonly id: string;
      readonly listener: string;
      readonly requestId: string;
    }
  /** A program that watches: what it wrote beside its lines, and how it ended. */
  | { readonly kind: 'sidecar_said'; readonly subscription: string; readonly words: string }
  | { readonly kind: 'login_refused'; readonly reason: string; readonly requestId: string }
  /** Something was thrown that nothing here should throw. */
  | { readonly kind: 'http_failure'; readonly requestId: string | undefined; readonly reason: string }
  /** A part could not do what it was asked for; the others could. */
  | { readonly kind: 'part_failed'; readonly part: string; readonly reason: string }
  /** Nobody will be told of it. */
  | { readonly kind: 'notice_lost'; readonly id: string; readonly reason: string }
  | SidecarEvent
  | { readonly kind: 'mqtt_connected'; readonly input: string; readonly sessionPresent: boolean }
  | { readonly kind: 'mqtt_disconnected'; readonly input: string; readonly reason: string; readonly againMs: number }
  /** Something with one broker that somebody should look at. */
  | { readonly kind: 'mqtt_trouble'; readonly input: string; readonly what: string; readonly reason: string }
  /** A task for workers over HTTP that ended, or went on, without a word of its worker. */
  | {
      readonly kind: 'work_ended';
      readonly lane: string;
      readonly taskId: string;
      readonly how: 'failed' | 'requeued' | 'dropped' | 'handed_back' | 'lost' | 'foreign' | 'unconfirmed';
      readonly reason: string;
    }
  /** It is no task that Heddle would take; nothing is published. */
  | { readonly kind: 'work_skipped'; readonly lane: string; readonly reason: string; readonly bytes: number }
  /** Two messages with one task id are here at one time: each has a lease of its own. */
  | { readonly kind: 'work_same_id'; readonly lane: string; readonly taskId: string }
  /** Nobody can tell whether somebody takes tasks of this lane beside its stream. */
  | { readonly kind: 'work_unsure'; readonly lane: string }
  /** The stream that keeps tasks of a type takes no more, or takes some again. */
  | {
      readonly kind: 'work_stream';
      readonly stream: string;
      readonly workerType: string;
      readonly full: boolean;
      readonly bytes: number;
      readonly maxBytes: number;
    }
  /** Tasks of this lane cannot be taken from the bus. */
  | { readonly kind: 'work_refused'; readonly lane: string; readonly reason: string }
  | { readonly kind: 'result_unkept'; readonly id: string; readonly reason: string }
  /** `restartFor`: what of the new config needs a restart. */
  | { readonly kind: 'gateway_reloaded'; readonly restartFor: readonly string[] }
  | { readonly kind: 'reload_refused'; readonly reason: string }
  | { readonly kind: 'gateway_draining'; readonly inflight: number; readonly graceMs: number }
  | { readonly kind: 'gateway_stopped'; readonly requests: number; readonly cut: number };

/** Where requests are kept. */
export type StoreKind = 'jetstream' | 'memory';
