import type { DevEvent } from '../../dev/run.ts';
import type { GatewayEvent } from '../../gateway/events.ts';
import type { RouterEvent } from '../../router/events.ts';
import type { BusEvent } from '../../transport/transport.ts';
import type { WorkerEvent } from '../../worker/events.ts';

/** Whatever a long-running actor says, with who says it. */
export type LogEvent =
  | WorkerEvent
  | RouterEvent
  | GatewayEvent
  | DevEvent
  | { readonly kind: 'bus'; readonly who: string; readonly event: BusEvent }
  | { readonly kind: 'metrics_served'; readonly url: string }
  /** Something a handler left behind broke after nobody waited for it. */
  | { readonly kind: 'stray_failure'; readonly reason: string }
  | { readonly kind: 'log_dropped'; readonly lines: number };

export type Level = 'debug' | 'info' | 'warn' | 'error';

/** `undefined`: not worth a line. */
export function levelOf(event: LogEvent): Level | undefined {
  switch (event.kind) {
    case 'task_taken':
    case 'routed':
      return 'debug';
    case 'task_done':
      return event.status === 'failed' ? 'warn' : 'info';
    case 'handler_log':
      return event.level;
    case 'dead_lettered':
    case 'skipped':
    case 'task_skipped':
    case 'backlog':
    case 'child_stray':
    case 'result_redirected':
    case 'log_dropped':
    case 'webhook_refused':
    case 'login_refused':
    case 'gateway_away':
    case 'lease_gone':
    case 'sidecar_line':
    case 'mqtt_disconnected':
    case 'mqtt_trouble':
    case 'work_ended':
    case 'work_skipped':
    case 'work_unsure':
    case 'work_same_id':
      return 'warn';
    case 'work_stream':
      return event.full ? 'error' : 'info';
    case 'work_published':
      return 'debug';
    case 'http_request':
      return event.status >= 500 ? 'warn' : 'info';
    case 'sidecar_down':
    case 'child_died':
      return event.restartMs === undefined ? 'error' : 'warn';
    case 'result_unconfirmed':
    case 'result_unsent':
    case 'result_unheard':
    case 'unsent':
    case 'refusal_unkept':
    case 'reset_failed':
    case 'reload_refused':
    case 'stray_failure':
    case 'http_failure':
    case 'part_failed':
    case 'work_refused':
    case 'result_unkept':
    case 'notice_lost':
      return 'error';
    case 'bus':
      return levelOfBus(event.event);
    default:
      return 'info';
  }
}

function levelOfBus(event: BusEvent): Level | undefined {
  switch (event.kind) {
    case 'disconnected':
    case 'stale':
    case 'slow_consumer':
    case 'lame_duck':
      return 'warn';
    case 'permission':
    case 'error':
      return 'error';
    case 'reconnected':
      return 'info';
    case 'reconnecting':
      return 'debug';
    case 'closed':
      return event.error === undefined ? undefined : 'error';
  }
}

/** What a handler left behind, with the place where it broke. */
export function strayWords(thrown: unknown): string {
  return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
}
