import { NO_ANSWER } from '../../gateway/events.ts';
import type { TierLimitView } from '../../router/events.ts';
import { inBytes } from '../../topology/wording.ts';
import type { BusEvent } from '../../transport/transport.ts';
import type { TaskIds } from '../../worker/events.ts';
import { formatDuration } from '../flags/duration.ts';
import { withAdvice } from '../remedies.ts';
import { disarmLine } from '../screen/disarm.ts';
import type { Style } from '../screen/style.ts';
import type { Symbols } from '../screen/symbols.ts';
import type { Level, LogEvent } from './line.ts';

/** One line: the time, a sign, what it is about, what happened. */
export function humanLine(event: LogEvent, level: Level, now: number, style: Style, symbols: Symbols): string {
  const time = style.faint(clock(now));
  return `${time} ${sign(event, level, style, symbols)} ${words(event, style)}`;
}

function clock(now: number): string {
  return new Date(now).toISOString().slice(11, 23);
}

function sign(event: LogEvent, level: Level, style: Style, symbols: Symbols): string {
  if (event.kind === 'task_done')
    return event.status === 'completed' ? style.good(symbols.ok) : style.bad(symbols.fail);
  if (level === 'error') return style.bad(symbols.fail);
  if (level === 'warn') return style.warn(symbols.warn);
  return style.faint(symbols.bullet);
}

const WORK_ENDED = {
  failed: 'failed',
  requeued: 'is handed out again',
  dropped: 'is dropped',
  handed_back: 'is back on the bus',
  lost: 'is lost',
  foreign: 'was answered by somebody else',
  unconfirmed: 'is answered, and nobody knows whether that arrived',
} as const;

function words(event: LogEvent, style: Style): string {
  const name = (text: string): string => style.accent(disarmLine(text));
  switch (event.kind) {
    case 'task_done': {
      const why = event.error === undefined ? '' : `  ${style.bad(disarmLine(clip(event.error)))}`;
      return `${who(event, style, formatDuration(rounded(event.ms)))}${why}`;
    }
    case 'task_taken':
      return `${who(event, style)}  taken`;
    case 'task_skipped':
      return `skipped a message of ${event.bytes} bytes that is no task: ${disarmLine(event.reason)}`;
    case 'result_unconfirmed':
      return `${who(event, style)}  its result may not have arrived: ${disarmLine(event.reason)}`;
    case 'result_unsent':
      return `${who(event, style)}  its result was not sent: ${disarmLine(event.reason)}`;
    case 'result_unheard':
      return `${who(event, style)}  its result was heard by nobody: ${disarmLine(event.reason)}`;
    case 'result_redirected':
      return `${who(event, style)}  parent id ${JSON.stringify(disarmLine(clip(event.parentTaskId ?? '')))} can be no subject; result on ${event.to}`;
    case 'backlog':
      return `${event.waiting} tasks wait: they arrive faster than they are worked on`;
    case 'handler_log': {
      const fields = event.fields === undefined ? '' : ` ${style.faint(disarmLine(JSON.stringify(event.fields)))}`;
      return `${disarmLine(event.message)}${fields}  ${style.faint(`task ${disarmLine(clip(event.taskId))}`)}`;
    }
    case 'reset_failed':
      return `reset after task ${disarmLine(event.taskId)} failed: ${disarmLine(event.reason)}`;
    case 'worker_started':
      return `worker ${name(`${event.name}.${event.tier}`)} on ${event.url}, queue group ${event.queue}, ${event.concurrency === 1 ? 'one task at a time' : `${event.concurrency} tasks at a time`}${limit(event.timeoutMs)}`;
    case 'via_started':
      return `worker ${name(`${event.name}.${event.tier}`)} via ${disarmLine(event.url)}, ${event.concurrency === 1 ? 'one task at a time' : `${event.concurrency} tasks at a time`}${limit(event.timeoutMs)}`;
    case 'gateway_away':
      return `the gateway at ${disarmLine(event.url)} is away: ${disarmLine(event.reason)}`;
    case 'gateway_back':
      return `the gateway at ${disarmLine(event.url)} is back`;
    case 'lease_gone':
      return `${who(event, style)}  is no longer this worker's: ${disarmLine(event.reason)}`;
    case 'config_reloaded': {
      const restart = event.restartFor.length === 0 ? '' : `; a new ${event.restartFor.join(' and ')} needs a restart`;
      return `config read again${limit(event.timeoutMs)}${restart}`;
    }
    case 'reload_refused':
      return `reload refused, the old config stays: ${disarmLine(event.reason)}`;
    case 'worker_stopping': {
      const why = event.reason === undefined ? '' : `${disarmLine(event.reason.message)}; `;
      return `${why}stopping: ${event.running} running, ${event.waiting} waiting, grace ${formatDuration(event.graceMs)}`;
    }
    case 'worker_stopped':
      return `worker stopped: ${event.completed} completed, ${event.failed} failed${also(event.skipped, 'skipped')}${also(event.unconfirmed, 'unconfirmed')}${also(event.unsent, 'unsent')}${also(event.unheard, 'unheard')}`;
    case 'child_started':
      return `program ${name(event.program)} started (pid ${event.pid})`;
    case 'child_stderr':
      return `${style.faint('program:')} ${disarmLine(event.text)}`;
    case 'child_stray':
      return `program: ${disarmLine(event.reason)}`;
    case 'child_died': {
      const next =
        event.restartMs === undefined
          ? 'not started again'
          : `starting again${event.restartMs === 0 ? '' : ` in ${formatDuration(event.restartMs)}`}`;
      return `program ended (${disarmLine(event.how)}), ${event.failed} open task${event.failed === 1 ? '' : 's'} failed; ${next}`;
    }
    case 'router_started': {
      const queue =
        event.queue === undefined ? 'no queue group: every replica routes every task' : `queue group ${event.queue}`;
      return `router on ${event.url}, ${queue}; ${limits(event.limits)}, refill by ${event.refill}; ${count(event.overrides, 'tier override')}`;
    }
    case 'rules_reloaded':
      return `rules read again: ${limits(event.limits)}; ${count(event.overrides, 'tier override')}`;
    case 'routed':
      return `${name(event.workerType)}  routed to ${event.subject}`;
    case 'dead_lettered':
      return `dead letter (${event.bytes} bytes): ${disarmLine(clip(event.reason))}`;
    case 'skipped':
      return `skipped ${event.bytes} bytes that are no message: ${disarmLine(event.reason)}`;
    case 'unsent':
      return `not sent to ${disarmLine(event.subject)}: ${disarmLine(withAdvice(event.error))}`;
    case 'refusal_unkept':
      return `a refusal may not be kept: ${disarmLine(event.reason)} (${disarmLine(event.subject)})`;
    case 'router_stopped':
      return `router stopped: ${event.forwarded} forwarded, ${event.deadLettered} dead letters${also(event.skipped, 'skipped')}${also(event.unsent, 'unsent')}`;
    case 'gateway_started': {
      const kept = event.store === 'jetstream' ? 'in JetStream, shared by replicas' : 'in memory, until it ends';
      return `gateway ${name(event.name)} on ${event.url}; requests are kept ${kept}; ${count(event.webhooks, 'webhook')}, ${count(event.tokens, 'token')}`;
    }
    case 'http_request': {
      const who = event.principal === undefined ? '' : ` ${disarmLine(event.principal)}`;
      const [method, route] = [
        event.method === undefined ? 'unreadable' : disarmLine(event.method),
        event.route ?? '-',
      ];
      const from = style.faint(`${disarmLine(event.remote)}${who} ${disarmLine(event.requestId)}`);
      const took = formatDuration(rounded(event.ms));
      if (event.status === NO_ANSWER) return `${method} ${route}  left without an answer after ${took}  ${from}`;
      const cut = event.complete ? '' : ', not taken whole';
      const problem = event.problem === undefined ? '' : ` ${event.problem}`;
      const why = event.reason === undefined ? '' : ` (${disarmLine(clip(event.reason))})`;
      return `${method} ${route}  ${event.status}${problem}${why}  ${took}, ${event.bytes} bytes${cut}  ${from}`;
    }
    case 'webhook_refused':
      return `webhook ${name(event.webhook)} refused a delivery: ${event.code}  ${style.faint(disarmLine(event.requestId))}`;
    case 'sidecar_said':
      return `${event.subscription}: ${disarmLine(clip(event.words))}`;
    case 'login_refused':
      return `a login was refused: ${event.reason}  ${style.faint(disarmLine(event.requestId))}`;
    case 'work_published':
      return `${event.what} ${disarmLine(event.id)} published, listener ${event.listener}  ${style.faint(disarmLine(event.requestId))}`;
    case 'http_failure':
      return `a request failed here: ${disarmLine(clip(event.reason))}`;
    case 'work_ended':
      return `the task ${disarmLine(event.taskId)} of ${event.lane} ${WORK_ENDED[event.how]}: ${disarmLine(event.reason)}`;
    case 'work_skipped':
      return `a message for ${event.lane} (${event.bytes} bytes) is no task: ${disarmLine(event.reason)}`;
    case 'work_same_id':
      return `the task ${disarmLine(event.taskId)} of ${event.lane} came more than once: each message is handed out by itself`;
    case 'work_unsure':
      return `whether somebody else takes tasks of ${event.lane} straight from the bus, the server does not tell: each would be done twice`;
    case 'work_stream': {
      const { stream, workerType, full, bytes, maxBytes } = event;
      const filled = `${inBytes(bytes)} of ${inBytes(maxBytes)}`;
      return full
        ? `the stream ${stream} is full (${filled}): new tasks of ${workerType} are refused, and their senders are not told`
        : `the stream ${stream} takes tasks of ${workerType} again (${filled})`;
    }
    case 'work_refused':
      return `no tasks of ${event.lane} can be taken: ${disarmLine(event.reason)}`;
    case 'sidecar_up': {
      const at = event.address === undefined ? '' : `, at ${disarmLine(event.address)}`;
      return `sidecar ${name(event.sidecar)} is up (pid ${event.pid}${at})`;
    }
    case 'sidecar_down': {
      const next = event.restartMs === undefined ? '' : `; starting again in ${formatDuration(event.restartMs)}`;
      return `sidecar ${name(event.sidecar)} is down: ${disarmLine(clip(event.reason))}${next}`;
    }
    case 'sidecar_line':
      return `sidecar ${name(event.sidecar)} ${event.what === 'bad' ? 'wrote a line that nobody can read' : 'says'}: ${disarmLine(clip(event.text))}`;
    case 'mqtt_connected':
      return `mqtt ${name(event.input)}: connected${event.sessionPresent ? ', the broker had kept its session' : ''}`;
    case 'mqtt_disconnected':
      return `mqtt ${name(event.input)}: the broker is away (${disarmLine(event.reason)}), again in ${formatDuration(event.againMs)}`;
    case 'mqtt_trouble':
      return `mqtt ${name(event.input)}: ${disarmLine(event.what)}: ${disarmLine(clip(event.reason))}`;
    case 'part_failed':
      return `${event.part} failed: ${disarmLine(event.reason)}`;
    case 'result_unkept':
      return `the result of ${disarmLine(event.id)} is not kept: ${disarmLine(event.reason)}`;
    case 'notice_lost':
      return `nobody is told what became of ${disarmLine(event.id)}: ${disarmLine(event.reason)}`;
    case 'gateway_reloaded':
      return `config read again${event.restartFor.length === 0 ? '' : `; a restart is needed for ${event.restartFor.join(', ')}`}`;
    case 'gateway_draining':
      return `stopping: ${event.inflight} requests under way, grace ${formatDuration(event.graceMs)}`;
    case 'gateway_stopped':
      return `gateway stopped: ${event.requests} requests${also(event.cut, 'cut off')}`;
    case 'metrics_served':
      return `metrics on ${event.url}`;
    case 'stray_failure':
      return `something a handler left behind failed: ${disarmLine(clip(event.reason))}`;
    case 'log_dropped':
      return `${event.lines} log lines were dropped: nobody read them fast enough`;
    case 'bus':
      return `${event.who}: ${busWords(event.event)}`;
    case 'dev_bus_line':
      return `bus: ${disarmLine(event.text)}`;
    case 'dev_stopping':
      return 'stopping everything';
    case 'dev_stopped':
      return 'all stopped, nothing left behind';
  }
}

function who({ workerType, tier, taskId, parentTaskId }: TaskIds, style: Style, duration = ''): string {
  const parent = parentTaskId === null ? '' : style.faint(` of ${disarmLine(clip(parentTaskId))}`);
  const took = duration === '' ? '' : `  ${duration.padStart(6)}`;
  return `${style.accent(`${disarmLine(clip(workerType))}.${tier}`)}${took}  task ${disarmLine(clip(taskId))}${parent}`;
}

function busWords(event: BusEvent): string {
  switch (event.kind) {
    case 'disconnected':
      return `connection to ${event.server} lost${event.reason === undefined ? '' : `: ${disarmLine(event.reason)}`}`;
    case 'reconnecting':
      return `connecting to ${event.server}`;
    case 'reconnected':
      return `connected again, to ${event.server}`;
    case 'stale':
      return `${event.server} no longer answers`;
    case 'slow_consumer':
      return `messages pile up${event.pattern === '' ? '' : ` on ${disarmLine(event.pattern)}`}`;
    case 'permission':
      return disarmLine(withAdvice(event.error));
    case 'lame_duck':
      return `${event.server} is about to leave`;
    case 'error':
      return disarmLine(withAdvice(event.error));
    case 'closed':
      return event.error === undefined ? 'connection closed' : disarmLine(withAdvice(event.error));
  }
}

/** Text of a sender's in a line: enough to know it by. */
function clip(text: string): string {
  return text.length > 400 ? `${text.slice(0, 400)}…` : text;
}

function rounded(ms: number): number {
  return Math.round(ms * 10) / 10;
}

function also(amount: number, what: string): string {
  return amount === 0 ? '' : `, ${amount} ${what}`;
}

function count(amount: number, what: string): string {
  return `${amount === 0 ? 'no' : amount} ${what}${amount === 1 ? '' : 's'}`;
}

function limit(timeoutMs: number | undefined): string {
  return timeoutMs === undefined ? '' : `, ${formatDuration(timeoutMs)} a task`;
}

function limits(views: readonly TierLimitView[]): string {
  if (views.length === 0) return 'no rate limits';
  return views.map(({ tier, burst, perMinute }) => `${tier} ${burst} at once, then ${perMinute} a minute`).join('; ');
}
