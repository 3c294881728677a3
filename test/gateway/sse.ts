import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';

export interface SeenFrame {
  readonly event: string;
  readonly id: string | undefined;
  readonly retry: string | undefined;
  readonly data: Record<string, unknown>;
}

/** A stream of events as a test reads it: every frame in order, and the place from which it would come back. */
export interface SeenStream {
  readonly status: number;
  readonly frames: readonly SeenFrame[];
  /** What a browser would send as Last-Event-ID. */
  readonly lastId: string | undefined;
  /** Frames of these events. */
  of(...events: string[]): SeenFrame[];
  until(what: string, met: (frames: readonly SeenFrame[]) => boolean): Promise<void>;
  readonly ended: Promise<void>;
  close(): void;
}

const PATIENCE_MS = 20_000;

export async function listen(
  t: TestContext,
  url: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<SeenStream> {
  const over = new AbortController();
  const response = await fetch(url, { headers: { accept: 'text/event-stream', ...headers }, signal: over.signal });
  const frames: SeenFrame[] = [];
  const waiting: (() => void)[] = [];
  let lastId: string | undefined;
  const news = (): void => {
    for (const go of waiting.splice(0)) go();
  };
  const ended = (async () => {
    let text = '';
    try {
      for await (const part of response.body ?? []) {
        text += Buffer.from(part).toString('latin1');
        for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
          const frame = frameOf(Buffer.from(text.slice(0, end), 'latin1').toString());
          text = text.slice(end + 2);
          lastId = frame.id ?? lastId;
          frames.push(frame);
        }
        news();
      }
    } catch {
      // Cut, by either side.
    }
    news();
  })();
  let isOver = false;
  void ended.then(() => {
    isOver = true;
    news();
  });
  t.after(() => over.abort());
  return {
    status: response.status,
    frames,
    get lastId() {
      return lastId;
    },
    of: (...events) => frames.filter(({ event }) => events.includes(event)),
    async until(what, met) {
      let late = false;
      const timer = setTimeout(() => {
        late = true;
        news();
      }, PATIENCE_MS);
      while (!met(frames)) {
        if (late || isOver) {
          clearTimeout(timer);
          const seen = frames.slice(-5).map((each) => JSON.stringify(each).slice(0, 200));
          assert.fail(`${what}: ${late ? 'not in time' : 'the stream ended before'}; seen last: ${seen.join(' ')}`);
        }
        await new Promise<void>((go) => waiting.push(go));
      }
      clearTimeout(timer);
    },
    ended,
    close: () => over.abort(),
  };
}

function frameOf(text: string): SeenFrame {
  const fields = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, name = '', value = ''] = /^([^:]*): ?(.*)$/.exec(line) ?? [];
    fields.set(name, fields.has(name) ? `${fields.get(name)}\n${value}` : value);
  }
  const data = fields.get('data');
  return {
    event: fields.get('event') ?? 'message',
    id: fields.get('id'),
    retry: fields.get('retry'),
    data: data === undefined ? {} : (JSON.parse(data) as Record<string, unknown>),
  };
}
