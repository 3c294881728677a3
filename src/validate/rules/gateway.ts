import { entryOf, type MapNode, type Node } from '../../config/node.ts';
import { consoleProblem, exposure } from '../../config/views/gateway-config/read.ts';
import type { WebhookConfig } from '../../config/views/gateway-config/webhook-config.ts';
import type { Objection } from '../../config/views/section.ts';
import type { ConfigRule, Rule } from '../rule.ts';
import { gatewayVerdict } from '../subject.ts';

type Told = Pick<ConfigRule, 'id' | 'summary' | 'why' | 'example'> & {
  readonly hint: string;
  readonly what: Objection['what'];
};

/** What the gateway's reader objects to, beside the shape. */
const TOLD: readonly Told[] = [
  {
    id: 'gateway-key',
    what: 'unknown-key',
    summary: 'A gateway config holds a key that the gateway does not know.',
    why: 'A gateway that overlooked a misspelt key could verify nothing, or keep nothing, and nobody would notice. It refuses to start instead.',
    hint: 'Correct the spelling, or remove the key.',
    example: { 'gateway.yaml': 'kind: gateway\nlimits: {body_byte: 65536}\n' },
  },
  {
    id: 'gateway-secret',
    what: 'inline-secret',
    summary: 'A gateway config holds a secret itself.',
    why: 'Configs are read, copied and committed; secrets belong into the environment or into files of their own. The gateway takes them from nowhere else.',
    hint: 'Name the secret with env or file. Give it a new value: this one has been in a file.',
    example: {
      'gateway.yaml':
        'webhooks:\n  orders:\n    verify: {scheme: github, secrets: ["correct horse battery staple"]}\n    to: goal\n',
    },
  },
  {
    id: 'gateway-mapping',
    what: 'bad-mapping',
    summary: 'A mapping of a webhook refers to something that there is not.',
    why: 'What comes in is one document: event, delivery, headers, query, body and cloudevent. A reference that begins with any other word leads nowhere, and every delivery would be refused.',
    hint: 'Begin with one of the words that the message names.',
    example: {
      'gateway.yaml':
        'webhooks:\n  orders:\n    verify: {scheme: github, secrets: [{env: ORDERS_SECRET}]}\n    to: goal\n    instruction: "Handle {payload}"\n',
    },
  },
];

const exposed: ConfigRule = {
  id: 'gateway-exposed',
  scope: 'config',
  kinds: ['gateway'],
  severity: 'error',
  summary: 'A gateway would serve everybody who reaches it.',
  why: 'An address that other machines reach, and no token: whoever finds it could send tasks and goals to every worker, or do what else is served there: hear events, start playbooks, ask what is behind a proxy. The gateway refuses to start so.',
  hint: 'Add tokens below auth, listen on 127.0.0.1, or write requests: false where only webhooks come in.',
  example: { 'gateway.yaml': 'kind: gateway\nlisten: 0.0.0.0:8787\n' },
  check: ({ root }, report) => {
    const problem = exposure(gatewayVerdict(root).config);
    const at = entryOf(root, 'listen')?.value;
    if (problem !== undefined && at !== undefined) report(at, problem);
  },
};

const mute: ConfigRule = {
  id: 'gateway-console',
  scope: 'config',
  kinds: ['gateway'],
  severity: 'error',
  summary: 'A gateway would serve a console that nobody can use.',
  why: 'The page logs in by a ticket for events and hears of everything by events. With events switched off, or with no token that has their scope, it could show a form and nothing else. The gateway refuses to start so.',
  hint: 'Switch events on, and give a token the scopes events and observe; submit to send work, admin to send failed work again.',
  example: { 'gateway.yaml': 'kind: gateway\nconsole: true\nevents: {enabled: false}\n' },
  check: ({ root }, report) => {
    const problem = consoleProblem(gatewayVerdict(root).config);
    const at = entryOf(root, 'console')?.value;
    if (problem !== undefined && at !== undefined) report(at, problem);
  },
};

/** What is right and deserves a second look: of each webhook, and said at the key that decides it. */
interface Doubt {
  readonly rule: Pick<ConfigRule, 'id' | 'severity' | 'summary' | 'why' | 'example'> & { readonly hint: string };
  readonly at: (webhook: MapNode) => Node | undefined;
  readonly says: (webhook: WebhookConfig) => string | undefined;
}

const DOUBTS: readonly Doubt[] = [
  {
    rule: {
      id: 'gateway-unverified',
      severity: 'warning',
      summary: 'A webhook takes deliveries from everybody.',
      why: 'With scheme none nothing tells a genuine delivery from a forged one, and each becomes work for the bus.',
      hint: 'Choose the scheme of the sender; hmac and bearer suit senders of your own.',
      example: {
        'gateway.yaml':
          'webhooks:\n  orders:\n    verify: {scheme: none, insecure: true}\n    to: goal\n    dedupe: {key: "header:x-id"}\n',
      },
    },
    at: (webhook) => entryOf(entryOf(webhook, 'verify')?.value, 'scheme')?.value,
    says: ({ name, verify }) =>
      verify.scheme === 'none' ? `whoever reaches the webhook '${name}' can send work` : undefined,
  },
  {
    rule: {
      id: 'gateway-repeats',
      severity: 'warning',
      summary: 'A webhook cannot tell a repeated delivery from a new one.',
      why: 'Senders deliver again when an answer was late or lost, and a recorded delivery can be sent again by others. Without an id of the delivery each becomes work once more.',
      hint: 'Say where the id stands (dedupe: {key: "header:x-delivery-id"}), or write dedupe: none where repeating does no harm.',
      example: {
        'gateway.yaml':
          'webhooks:\n  orders:\n    verify: {scheme: bearer, secrets: [{env: ORDERS_TOKEN}]}\n    to: goal\n',
      },
    },
    at: (webhook) =>
      webhook.entries.has('dedupe') ? undefined : entryOf(entryOf(webhook, 'verify')?.value, 'scheme')?.value,
    says: ({ name, dedupe, cloudevents }) =>
      dedupe === undefined && cloudevents === undefined
        ? `a delivery to '${name}' that comes twice is worked on twice`
        : undefined,
  },
];

const DOUBT_RULES = DOUBTS.map(
  ({ rule, at, says }): ConfigRule => ({
    ...rule,
    scope: 'config',
    kinds: ['gateway'],
    check: ({ root }, report) => {
      const nodes = entryOf(root, 'webhooks')?.value;
      for (const webhook of gatewayVerdict(root).config.webhooks) {
        const node = entryOf(nodes, webhook.name)?.value;
        const place = node?.kind === 'map' ? at(node) : undefined;
        const message = says(webhook);
        if (place !== undefined && message !== undefined) report(place, message);
      }
    },
  }),
);

const TOLD_RULES = TOLD.map(
  ({ what, ...about }): ConfigRule => ({
    ...about,
    scope: 'config',
    kinds: ['gateway'],
    severity: 'error',
    check: ({ root }, report) => {
      for (const each of gatewayVerdict(root).objections) {
        if (each.what === what) report(each.at, each.message, { hint: each.hint });
      }
    },
  }),
);

export const GATEWAY_RULES: readonly Rule[] = [...TOLD_RULES, exposed, mute, ...DOUBT_RULES];
