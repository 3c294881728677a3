import { PRIORITIES } from '../../../../contract/messages.ts';
import { isString } from '../../../node.ts';
import type { Named, Section } from '../../section.ts';
import { type Mapped, readPointer } from '../mapping.ts';
import { schemeFacts } from '../schemes.ts';
import { secretAt } from '../secret.ts';
import { verifyOf } from '../verify.ts';
import { type DeliveryKey, WEBHOOK_ROOTS, type WebhookConfig } from '../webhook-config.ts';
import { type TargetDefaults, workTargetOf } from '../work-target.ts';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const DAY_S = 86_400;
const MONTH_S = 30 * DAY_S;

/** Senders whose deliveries become work, by their names in addresses. */
export function webhooks(top: Section): readonly WebhookConfig[] {
  return top.named('webhooks').flatMap((each) => webhookOf(each) ?? []);
}

function webhookOf({ name, key, value: section }: Named<Section>): WebhookConfig | undefined {
  if (!NAME.test(name)) {
    section.object(
      'bad-value',
      key,
      `the webhook '${name}' cannot be part of an address`,
      'use up to 64 letters, digits, - _ and dots, and begin with a letter or a digit',
    );
  }
  const verifying = section.neededSection('verify');
  const verify = verifying === undefined ? undefined : verifyOf(verifying);
  const target = workTargetOf(section, DEFAULTS);
  const dedupe = dedupeOf(section, verify === undefined ? undefined : schemeFacts(verify.scheme).delivery);
  const challenge = section.section('challenge');
  const word = challenge?.needed('verify_token');
  const verifyToken = word === undefined ? undefined : challenge && secretAt(challenge, 'verify_token', word);
  challenge?.finish();
  const events = section.section('cloudevents');
  const cloudevents = events === undefined ? undefined : { origins: events.texts('origins') };
  events?.finish();
  const enabled = section.truth('enabled') ?? true;
  const priority = section.choice('priority', PRIORITIES);
  section.finish();
  if (verify === undefined || target === undefined) return undefined;
  return { name, enabled, verify, target, priority, dedupe, verifyToken, cloudevents };
}

/** As the published guide has it. */
const INSTRUCTION: Mapped = { kind: 'template', parts: ['Process external event: ', ['event']] };
const CONTEXT: Mapped = {
  kind: 'object',
  members: [
    ['webhook_event', { kind: 'ref', pointer: ['event'], otherwise: undefined }],
    ['payload', { kind: 'ref', pointer: ['body'], otherwise: undefined }],
  ],
};
const DEFAULTS: TargetDefaults = {
  roots: WEBHOOK_ROOTS,
  instruction: INSTRUCTION,
  context: CONTEXT,
  payload: { kind: 'ref', pointer: ['body'], otherwise: undefined },
};

function dedupeOf(section: Section, usual: string | undefined): WebhookConfig['dedupe'] {
  const node = section.node('dedupe');
  if (node !== undefined && isString(node) && node.value === 'none') return undefined;
  const own = node === undefined ? undefined : section.below('dedupe', node);
  const written = own?.text('key');
  const ttlS = own?.whole('ttl_s', 60, MONTH_S) ?? DAY_S;
  own?.finish();
  const key = written === undefined ? usual : written;
  if (key === undefined) {
    return own === undefined
      ? undefined
      : own.object(
          'missing-key',
          own.map,
          `'${own.path}' has no 'key', and its scheme has no id of its own`,
          'write key: header:<name> or body:/<pointer>',
        );
  }
  const read = readDeliveryKey(key);
  if (read !== undefined) return { key: read, ttlS };
  const at = own?.map.entries.get('key')?.value ?? section.map;
  return own?.object('bad-value', at, `'${own.path}.key' must be header:<name> or body:/<pointer>`);
}

export function readDeliveryKey(text: string): DeliveryKey | undefined {
  const header = /^header:([A-Za-z0-9_.-]+)$/.exec(text)?.[1];
  if (header !== undefined) return { in: 'header', name: header.toLowerCase() };
  const pointer = text.startsWith('body:') ? readPointer(text.slice('body:'.length)) : undefined;
  return pointer === undefined ? undefined : { in: 'body', pointer };
}
