import type { EventStream } from '../../http/event-stream.ts';
import type { Context, Reply } from '../../http/route.ts';
import { sleep } from '../../time/wait.ts';
import type { Core } from '../core.ts';
import { ownRequest } from '../requests/own-request.ts';
import { addressToken } from '../requests/record.ts';
import type { Connection } from './connection.ts';
import type { Interest } from './frame.ts';
import type { Hub } from './hub.ts';
import { keptResult } from './notices.ts';
import { lastEventId, missed } from './start.ts';

/** When the store is looked at, in case that nobody told. */
const LOOKS_MS = [250, 1_000, 5_000];
/** How long what the store has already may be on its way to us. */
const UNDER_WAY_MS = 1_000;

/** One request up to its result. Whoever comes back after that is told that there is no more. */
export async function followRequest(core: Core, hub: Hub, id: string, context: Context): Promise<EventStream | Reply> {
  const before = await ownRequest(core, id, context);
  const { owner } = before.record;
  // No client_id can be this.
  const client = `request/${id}`;
  const interest: Interest = { owner: addressToken(owner), client: addressToken(client), request: id };
  const { fresh } = await hub.claim(client, owner);
  const done = before.record.answer !== null;
  if (done && !fresh) {
    const events = await missed(hub.log, interest, lastEventId(context), context.signal);
    if (events?.every((event) => !isEnd(event))) return { status: 204 };
  }
  const connection = await hub.connect({
    context,
    client,
    owner,
    request: id,
    dialect: 'events',
    until: ({ event }) => isEnd(event),
    greet: async ({ resumed, server }) => {
      const init = {
        client_id: client,
        server,
        contract_version: 1,
        resumed,
        pending: done ? [] : [{ request_id: id }],
      };
      return { event: 'init', data: JSON.stringify(init) };
    },
  });
  void lookForResult(core, connection, id, done);
  return connection.stream;
}

/** The result of before anybody listened, and one that nobody told of. */
async function lookForResult(core: Core, connection: Connection, id: string, done: boolean): Promise<void> {
  const { stream, signal } = connection;
  await connection.caughtUp;
  for (let looks = 0; stream.isOpen; looks += 1) {
    const kept = await core.store.get(id).catch(() => undefined);
    if (kept?.record.state === 'forgotten') return stream.close();
    if (kept !== undefined && kept.record.answer !== null) {
      if (!done) await sleep(core.clock, UNDER_WAY_MS, signal);
      connection.say(`${kept.record.kind}/result`, keptResult(kept), { id: connection.place });
      return stream.close();
    }
    await sleep(core.clock, LOOKS_MS[Math.min(looks, LOOKS_MS.length - 1)] ?? 0, signal);
  }
}

function isEnd(event: string): boolean {
  return event.endsWith('/result');
}
