import { wireTime } from '../../contract/wire-time.ts';
import type { Context } from '../../http/route.ts';
import { ANONYMOUS, type Core } from '../core.ts';
import { gatewayProblem } from '../problems.ts';
import { forgotten } from './intake.ts';
import type { KeptRequest } from './record.ts';

const ID = /^gw-[A-Za-z0-9_-]{1,64}$/;

/** A request of the caller's. Somebody else's is not there for whoever asks. */
export async function ownRequest(core: Core, id: string, context: Context): Promise<KeptRequest> {
  const { principal = ANONYMOUS } = context;
  const kept = ID.test(id) ? await core.store.get(id) : undefined;
  const isOwn = kept?.record.owner === principal.name || principal.scopes.has('admin');
  if (kept === undefined || !isOwn) {
    const { ttlS } = core.live().config.store;
    throw gatewayProblem('unknown_request', {
      detail: `there is no such request here; it may have expired: a request and its answer are kept for ${ttlS} s`,
    });
  }
  if (kept.record.owner !== principal.name) context.requireScope('admin');
  if (context.withdrawn !== undefined) throw context.withdrawn;
  if (kept.expired) {
    throw gatewayProblem('request_expired', {
      detail: `this request and its answer were kept until ${wireTime(kept.expiresAt)}`,
      hint: 'Ask for the answer earlier, or have the gateway keep requests longer (store.ttl_s).',
    });
  }
  if (kept.record.state === 'forgotten') throw forgotten();
  return kept;
}
