import type { Context } from '../../http/route.ts';
import { ANONYMOUS, type Core } from '../core.ts';
import { gatewayProblem } from '../problems.ts';
import { forgotten } from './intake.ts';
import type { KeptRequest } from './record.ts';

const ID = /^gw-[A-Za-z0-9_-]{1,64}$/;

/** A request of the caller's. Somebody else's is not there for whoever asks. */
export async function ownRequest(core: Core, id: string, { principal = ANONYMOUS }: Context): Promise<KeptRequest> {
  const kept = ID.test(id) ? await core.store.get(id) : undefined;
  const isOwn = kept?.record.owner === principal.name || principal.scopes.has('admin');
  if (kept === undefined || !isOwn) {
    throw gatewayProblem('unknown_request', { detail: 'there is no such request here, or it is kept no more' });
  }
  if (kept.record.state === 'forgotten') throw forgotten();
  return kept;
}
