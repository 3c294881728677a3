import type { Transport } from '../../src/transport/transport.ts';

export interface Gathered {
  readonly subject: string;
  readonly text: string;
}

/** Everything that arrives on a pattern, and ways to wait for it. */
export interface Gathering {
  readonly messages: readonly Gathered[];
  /** Resolves with the messages once there are this many. */
  count(many: number, ms?: number): Promise<readonly Gathered[]>;
  /** Resolves when one of them satisfies the test. */
  find(test: (message: Gathered) => boolean, ms?: number): Promise<Gathered>;
  json(): Record<string, unknown>[];
}

const PATIENCE_MS = 20_000;

export async function gather(transport: Transport, pattern: string): Promise<Gathering> {
  const messages: Gathered[] = [];
  const waiting = new Set<() => void>();
  transport.subscribe(pattern, ({ subject, data }) => {
    messages.push({ subject, text: Buffer.from(data).toString() });
    for (const look of waiting) look();
  });
  await transport.flush();
  const until = <T>(look: () => T | undefined, what: string, ms: number): Promise<T> =>
    new Promise((resolve, reject) => {
      const check = (): boolean => {
        const found = look();
        if (found === undefined) return false;
        clearTimeout(timer);
        waiting.delete(check);
        resolve(found);
        return true;
      };
      const timer = setTimeout(() => {
        waiting.delete(check);
        const seen = messages.slice(-5).map(({ subject, text }) => `${subject} ${text.slice(0, 300)}`);
        reject(
          new Error(
            `${what} on ${pattern} did not come in ${ms} ms; ${messages.length} came, the last:\n${seen.join('\n')}`,
          ),
        );
      }, ms);
      if (!check()) waiting.add(check);
    });
  return {
    messages,
    count: (many, ms = PATIENCE_MS) =>
      until(() => (messages.length >= many ? messages : undefined), `${many} messages`, ms),
    find: (test, ms = PATIENCE_MS) => until(() => messages.find(test), 'the message', ms),
    json: () => messages.map(({ text }) => JSON.parse(text) as Record<string, unknown>),
  };
}
