import { isJsonObject } from '../contract/json.ts';
import type { Transport } from '../transport/transport.ts';

const CONNECTIONS = '$SYS.REQ.ACCOUNT.PING.CONNZ';
/** Of the server's three lists: connections that ended. */
const CLOSED = 1;

/**
 * How many messages a server sent to a connection that is gone, by its own books; undefined when it does not say (another
 * server, one that was restarted, or the default account of older ones, whose ended connections it keeps to itself).
 */
export async function sentBeforeCut(
  transport: Transport,
  clientId: number,
  serverId: string,
  timeoutMs: number,
): Promise<number | undefined> {
  if (transport.info.serverId !== serverId) return undefined;
  try {
    const question = JSON.stringify({ state: CLOSED, cid: clientId });
    const answer = await transport.request(CONNECTIONS, question, { timeoutMs });
    const page: unknown = JSON.parse(new TextDecoder().decode(answer.data));
    const data = isJsonObject(page) ? page.data : undefined;
    const connections = isJsonObject(data) ? data.connections : undefined;
    if (!Array.isArray(connections)) return undefined;
    const ours: unknown = connections.find((each: unknown) => isJsonObject(each) && each.cid === clientId);
    return isJsonObject(ours) && typeof ours.out_msgs === 'number' ? ours.out_msgs : undefined;
  } catch {
    // A server that does not tell is no failure of the tail.
    return undefined;
  }
}
