import { systemClock } from '../time/clock.ts';
import { sleep } from '../time/wait.ts';

// The part of the client that listens, loaded when somebody does. Nothing of Node's is imported here either.

const RETRY_MS = 3_000;
const LONGEST_RETRY_MS = 30_000;

export interface Followed {
  readonly event: string;
  readonly id: string | undefined;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface FollowOptions {
  readonly clientId?: string | undefined;
  readonly lastEventId?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How a stream is asked for; throws what the gateway refuses, and what `fetch` throws where there is no answer. */
export type AskStream = (query: string, headers: Readonly<Record<string, string>>) => Promise<Response>;

/**
 * Frames of one stream after the other: when one ends, the next begins behind the last frame that was read. Ends when it is aborted, or when
 * the gateway says that there is no more.
 */
export async function* follow(
  ask: AskStream,
  mayPass: (thrown: unknown) => boolean,
  { clientId, lastEventId, signal }: FollowOptions,
): AsyncGenerator<Followed> {
  let lastId = lastEventId;
  let retryMs = RETRY_MS;
  let failures = 0;
  let client = clientId;
  const isOver = (): boolean => signal?.aborted === true;
  while (!isOver()) {
    try {
      const query = client === undefined ? '' : `?client_id=${encodeURIComponent(client)}`;
      const response = await ask(query, lastId === undefined ? {} : { 'last-event-id': lastId });
      if (response.status === 204) return;
      for await (const frame of framesOf(response)) {
        failures = 0;
        if (frame.id !== undefined) lastId = frame.id;
        if (frame.retry !== undefined) retryMs = frame.retry;
        // Signs of life; that of workers' streams is no JSON.
        if (frame.data === undefined || frame.event === 'ping' || frame.event === 'heartbeat') continue;
        const event: Followed = { event: frame.event, id: frame.id, data: JSON.parse(frame.data) as never };
        // A fresh name stays ours, so that what is for this client finds it again.
        if (event.event === 'init' && typeof event.data.client_id === 'string') client = event.data.client_id;
        yield event;
      }
    } catch (thrown) {
      if (isOver()) return;
      if (!mayPass(thrown)) throw thrown;
      failures += 1;
    }
    await sleep(systemClock, Math.min(LONGEST_RETRY_MS, retryMs * 2 ** Math.max(0, failures - 1)), signal);
  }
}

interface Frame {
  readonly event: string;
  readonly id: string | undefined;
  readonly retry: number | undefined;
  readonly data: string | undefined;
}

async function* framesOf(response: Response): AsyncGenerator<Frame> {
  if (response.body === null) return;
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      text += decoder.decode(value, { stream: true });
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const frame = frameOf(text.slice(0, end));
        text = text.slice(end + 2);
        yield frame;
      }
    }
  } finally {
    // Also when whoever reads has had enough.
    await reader.cancel().catch(() => {});
  }
}

function frameOf(text: string): Frame {
  let event = 'message';
  let id: string | undefined;
  let retry: number | undefined;
  let data: string | undefined;
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':');
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (name === 'event') event = value;
    else if (name === 'id') id = value;
    else if (name === 'retry' && /^\d+$/.test(value)) retry = Number(value);
    else if (name === 'data') data = data === undefined ? value : `${data}\n${value}`;
  }
  return { event, id, retry, data };
}
