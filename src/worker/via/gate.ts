import { readJsonObjectText } from '../../contract/decode-json.ts';
import type { JsonObject } from '../../contract/json.ts';
import { HeddleError } from '../../errors.ts';

/** Where a gateway is, and with which token it is asked. */
export interface GateOptions {
  /** Such as `https://gateway.example.com`. */
  readonly url: string;
  readonly token: string | undefined;
  /** Default: that of the runtime. */
  readonly ask?: typeof fetch | undefined;
}

/** What a gateway says: a status, and the text of its answer as it came. */
export interface Said {
  readonly status: number;
  readonly text: string;
  /** Of a problem. */
  readonly code: string | undefined;
  readonly detail: string;
  readonly retryAfterMs: number | undefined;
}

/** A gateway, as a worker uses it. Rejects where no answer comes. */
export interface Gate {
  readonly url: string;
  poll(wanted: JsonObject, signal: AbortSignal): Promise<Said>;
  /** `body` is JSON text: what a handler wrote is not written again. */
  resolve(handle: string, body: string, signal?: AbortSignal): Promise<Said>;
}

const LONGEST_WAIT_MS = 60_000;

export function openGate({ url, token, ask = fetch }: GateOptions): Gate {
  const base = url.replace(/\/+$/, '');
  const post = async (path: string, body: string, signal: AbortSignal | undefined): Promise<Said> => {
    const response = await ask(base + path, {
      method: 'POST',
      body,
      headers: {
        'content-type': 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      signal: signal ?? null,
      redirect: 'error',
    });
    const text = await response.text();
    const after = Number(response.headers.get('retry-after') ?? Number.NaN);
    const problem = response.ok ? undefined : readJsonObjectText(text);
    const { code, detail } = problem?.ok === true ? problem.value : {};
    return {
      status: response.status,
      text,
      code: typeof code === 'string' ? code : undefined,
      detail: typeof detail === 'string' ? detail : `it answered ${response.status}`,
      retryAfterMs: Number.isFinite(after) ? Math.min(after * 1000, LONGEST_WAIT_MS) : undefined,
    };
  };
  return {
    url: base,
    poll: (wanted, signal) => post('/v1/tasks/poll', JSON.stringify(wanted), signal),
    resolve: (handle, body, signal) => post(`/v1/tasks/${encodeURIComponent(handle)}/resolve`, body, signal),
  };
}

/** What no patience helps against: the token, the address, a type that is not handed out there. */
export function refusalOf({ status, code, detail }: Said, url: string): HeddleError | undefined {
  if (status === 401) return new HeddleError('auth_wrong', `the gateway at ${url} does not know this token: ${detail}`);
  if (status === 403) return new HeddleError('permission_denied', `the gateway at ${url} refuses: ${detail}`);
  if (code === 'unknown_task_type') return new HeddleError('settings_invalid', `the gateway at ${url}: ${detail}`);
  if (status < 500 && status !== 408 && status !== 429) {
    return new HeddleError('settings_invalid', `${url} is no gateway that hands out tasks: ${detail}`);
  }
  return undefined;
}
