import type { EventStream } from '../../http/event-stream.ts';
import type { Context } from '../../http/route.ts';
import { ANONYMOUS, type Core } from '../core.ts';
import type { RequestRecord } from '../requests/record.ts';
import type { Dialect } from './frame.ts';
import type { Arrival, Hub } from './hub.ts';

/** What a client is told first. */
export interface Known {
  readonly client: string;
  /** It was here, and nothing is missing. */
  readonly resumed: boolean;
  readonly server: { readonly name: string; readonly version: string };
  /** Its requests that have no answer yet. */
  readonly pending: readonly RequestRecord[];
}

/** Follows all that concerns the caller. `greeting`: the first frame, as its dialect has it. */
export async function follow(
  core: Core,
  hub: Hub,
  context: Context,
  dialect: Dialect,
  greeting: (known: Known) => Awaited<ReturnType<Arrival['greet']>>,
): Promise<EventStream> {
  const { name: owner } = context.principal ?? ANONYMOUS;
  const named = clientIdOf(context);
  const client = named ?? core.uuid();
  const { stream } = await hub.connect({
    context,
    client,
    owner,
    dialect,
    greet: async (known) => {
      const pending = named === undefined ? [] : await core.store.pendingOf(named, owner);
      return greeting({ ...known, client, pending });
    },
  });
  return stream;
}

/** The client that a request names; the header goes before the query. */
export function clientIdOf({ headers, query }: Pick<Context, 'headers' | 'query'>): string | undefined {
  const header = headers['heddle-client-id'];
  return (typeof header === 'string' ? header : undefined) ?? query.get('client_id') ?? undefined;
}
