import type { Context } from '../../http/route.ts';
import { type Interest, readFrameId } from './frame.ts';
import type { FrameLog } from './frame-log.ts';

/** From where a client is told. */
export interface Start {
  /** Frames behind this offset. */
  readonly after: number;
  /** It was here, and nothing is missing. */
  readonly resumed: boolean;
  /** Why something may be missing. */
  readonly lost: 'gap' | 'restart' | undefined;
}

/** The ids of frames that a client comes with. */
export interface Marks {
  /** Where it was when it left. */
  readonly left: string | undefined;
  /** Where the log was when a request named the client for the first time: what is for it is owed to it from there on. */
  readonly named?: string | undefined;
}

/** Where the client was when it left, where a request named it for the first time, or from now on. */
export async function startOf(log: FrameLog, interest: Interest, { left, named }: Marks): Promise<Start> {
  const reach = left === undefined && named === undefined ? undefined : await log.reach(interest);
  const offsetOf = (id: string | undefined): number | undefined => {
    const place = id === undefined ? undefined : readFrameId(id);
    const isHere = place?.epoch === log.epoch && reach !== undefined && place.offset <= reach.to;
    return isHere ? place.offset : undefined;
  };
  const from = reach?.from ?? 0;
  const was = offsetOf(left);
  if (was !== undefined) {
    return { after: Math.max(was, from), resumed: was >= from, lost: was < from ? 'gap' : undefined };
  }
  const owed = offsetOf(named);
  return {
    after: owed === undefined ? log.last : Math.max(owed, from),
    resumed: false,
    lost: left !== undefined ? 'restart' : owed !== undefined && owed < from ? 'gap' : undefined,
  };
}

/** The events that a client that comes back has missed; undefined where nobody can tell. */
export async function missed(
  log: FrameLog,
  interest: Interest,
  left: string | undefined,
  signal: AbortSignal,
): Promise<readonly string[] | undefined> {
  const { after, resumed } = await startOf(log, interest, { left });
  if (!resumed) return undefined;
  const events: string[] = [];
  for await (const each of log.replay(interest, after, signal)) {
    if (each === 'gap') return undefined;
    events.push(each.event);
  }
  return events;
}

/** Browsers send it by themselves when they come back; who opens a page anew can say it in the query. */
export function lastEventId({ headers, query }: Context): string | undefined {
  const sent = headers['last-event-id'];
  return (typeof sent === 'string' && sent !== '' ? sent : undefined) ?? query.get('last_event_id') ?? undefined;
}
