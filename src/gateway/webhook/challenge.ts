import { type Context, type Reply, textReply } from '../../http/route.ts';
import { gatewayProblem } from '../problems.ts';
import { type Webhooks, webhookNamed } from './named.ts';
import { isSameSecret } from './proof.ts';

/** Meta asks whether we know the word before it sends anything: `hub.challenge` comes back as it is. */
export function answerHub(webhooks: Webhooks, name: string, { query }: Context): Reply {
  const webhook = webhookNamed(webhooks, name);
  const { verifyToken } = webhook;
  const challenge = query.get('hub.challenge');
  const shown = query.get('hub.verify_token') ?? '';
  const asked = query.get('hub.mode') === 'subscribe' && challenge !== null && challenge.length <= 1_024;
  if (verifyToken === undefined || !asked || !isSameSecret(shown, verifyToken)) {
    throw gatewayProblem('challenge_refused', {
      detail: 'this webhook is not asked in this way, or not with this word',
    });
  }
  webhooks.deliveries.count(name, 'challenge');
  return textReply(200, challenge, { 'content-security-policy': "default-src 'none'" });
}

/** Of CloudEvents' handshake: whether an origin may send here. Any other OPTIONS is told what is possible. */
export function answerOrigin(webhooks: Webhooks, name: string, { headers }: Context): Reply {
  const webhook = webhookNamed(webhooks, name);
  const allow = { allow: 'GET, HEAD, OPTIONS, POST' };
  const origin = headers['webhook-request-origin'];
  const origins = webhook.config.cloudevents?.origins ?? [];
  if (typeof origin !== 'string' || !(origins.includes('*') || origins.includes(origin))) {
    return { status: 204, headers: allow };
  }
  return { status: 204, headers: { ...allow, 'webhook-allowed-origin': origin, 'webhook-allowed-rate': '*' } };
}
