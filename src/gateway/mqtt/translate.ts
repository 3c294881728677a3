import { BODY_AS_OBJECT, MQTT_METADATA, type MqttRule } from '../../config/views/gateway-config/mqtt-config.ts';
import { matchTopic } from '../../config/views/gateway-config/topic-filter.ts';
import { isJsonObject } from '../../contract/json.ts';
import type { JsonBody } from '../../http/json-body.ts';
import { mappedWork } from '../mapped-work.ts';
import type { Work } from '../requests/order.ts';
import { asJson } from '../webhook/body.ts';
import { render, type SourceDocument } from '../webhook/render.ts';
import type { CborReader } from './cbor.ts';
import type { MqttMessage, MqttProperties } from './message.ts';
import { readMqttBody } from './read-body.ts';

/** The rule that speaks for a topic, and what it calls parts of it; undefined: none does. */
export function ruleFor(rules: readonly MqttRule[], topic: string): Ruled | undefined {
  const levels = topic.split('/');
  for (const rule of rules) {
    for (const filter of rule.filters) {
      const captures = matchTopic(filter, levels);
      if (captures !== undefined) return { rule, levels, captures };
    }
  }
  return undefined;
}

export interface Ruled {
  readonly rule: MqttRule;
  readonly levels: readonly string[];
  readonly captures: readonly (readonly [name: string, text: string])[];
}

export interface Translated {
  readonly work: Work;
  readonly source: SourceDocument;
}

/** What a message becomes. Throws a problem that says why it cannot. */
export function translate(message: MqttMessage, { rule, levels, captures }: Ruled, readCbor?: CborReader): Translated {
  const body = readMqttBody(message.payload, rule.body, readCbor);
  const source: SourceDocument = (root) => {
    switch (root) {
      case 'topic':
        return asJson(message.topic);
      case 'levels':
        return asJson(levels);
      case 'body':
        return body;
      case BODY_AS_OBJECT:
        return objectOf(body);
      case 'qos':
        return asJson(message.qos);
      case 'retained':
        return asJson(message.retained);
      case 'duplicate':
        return asJson(message.duplicate);
      case 'properties':
        return asJson(shownProperties(message.properties));
      default: {
        const captured = captures.find(([name]) => name === root);
        return captured === undefined ? undefined : asJson(captured[1]);
      }
    }
  };
  const work = mappedWork(rule.target, rule.priority, source);
  if (work.kind === 'goal') return { work, source };
  return { work: { ...work, metadata: withOrigin(work.metadata, message) }, source };
}

/** The text that a template makes of a message, for a topic or an id. Throws `unmapped_delivery`. */
export function textOf(mapped: Parameters<typeof render>[0], source: SourceDocument): string {
  const value: unknown = JSON.parse(render(mapped, source));
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function objectOf(body: JsonBody): JsonBody {
  return isJsonObject(body.value) ? body : { value: { value: body.value }, text: `{"value":${body.text}}` };
}

/** What the topic and the flags were, for whoever works on it. */
function withOrigin(metadata: string | undefined, { topic, qos, retained, duplicate }: MqttMessage): string {
  const origin = `"${MQTT_METADATA}":${JSON.stringify({ topic, qos, retained, duplicate })}`;
  const others = metadata === undefined ? '' : metadata.slice(1, -1).trim();
  return others === '' ? `{${origin}}` : `{${others},${origin}}`;
}

/** In the spelling of configs. */
function shownProperties(properties: MqttProperties): Readonly<Record<string, unknown>> {
  const { contentType, responseTopic, correlationData, messageExpiryInterval, userProperties } = properties;
  return {
    content_type: contentType ?? null,
    response_topic: responseTopic ?? null,
    correlation_data: correlationData === undefined ? null : Buffer.from(correlationData).toString('base64'),
    message_expiry_interval: messageExpiryInterval ?? null,
    user: userProperties === undefined ? {} : { ...userProperties },
  };
}
