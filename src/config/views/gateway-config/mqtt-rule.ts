import { PRIORITIES } from '../../../contract/messages.ts';
import { isString, type Node } from '../../node.ts';
import type { Section } from '../section.ts';
import { type Mapped, mappedAt } from './mapping.ts';
import {
  BODY_AS_OBJECT,
  BODY_FORMS,
  MQTT_METADATA,
  MQTT_ROOTS,
  type MqttReply,
  type MqttRule,
  REPLY_ROOTS,
} from './mqtt-config.ts';
import { matchTopic, readTopicFilter, type TopicFilter, topicProblem } from './topic-filter.ts';
import { type TargetDefaults, type WorkTarget, workTargetOf } from './work-target.ts';

const WHOLE_BODY: Mapped = { kind: 'ref', pointer: ['body'], otherwise: undefined };

/** The keys of a rule, in a section that may have others, too. */
export function mqttRuleOf(section: Section): MqttRule | undefined {
  const filters = filtersOf(section);
  const roots = [...MQTT_ROOTS, ...capturesOf(section, filters)];
  const target = targetOf(section, roots);
  refuseMetadata(section);
  const rule: Omit<MqttRule, 'target'> = {
    filters,
    qos: qosOf(section) ?? 1,
    body: section.choice('body', BODY_FORMS) ?? 'json',
    priority: section.choice('priority', PRIORITIES),
    id: idOf(section, roots),
    reply: replyOf(section, filters, [...roots, ...REPLY_ROOTS]),
    respond: section.truth('respond') ?? true,
    onUnheard: section.choice('on_unheard', ['hold', 'ack']) ?? 'hold',
    retained: section.choice('retained', ['take', 'skip']) ?? 'take',
  };
  return target === undefined ? undefined : { ...rule, target };
}

const TARGET_KEYS = ['worker_type', 'tier', 'payload', 'metadata', 'instruction', 'context'];

/** What a device means is never guessed: there is no usual target. */
function targetOf(section: Section, roots: readonly string[]): WorkTarget | undefined {
  if (section.needed('to') !== undefined) return workTargetOf(section, defaultsOf(roots));
  for (const key of TARGET_KEYS) section.node(key);
  return undefined;
}

function defaultsOf(roots: readonly string[]): TargetDefaults {
  return {
    roots,
    instruction: { kind: 'template', parts: ['Process the message on ', ['topic']] },
    context: {
      kind: 'object',
      members: [
        ['topic', { kind: 'ref', pointer: ['topic'], otherwise: undefined }],
        ['payload', WHOLE_BODY],
      ],
    },
    payload: { kind: 'ref', pointer: [BODY_AS_OBJECT], otherwise: undefined },
  };
}

function filtersOf(section: Section): readonly TopicFilter[] {
  const written = section.needed('topics');
  if (written === undefined) return [];
  const items = section.items('topics');
  if (written.kind === 'seq' && items.length === 0) section.bad('topics', written, 'is empty');
  return items.flatMap((node, at): TopicFilter[] => {
    const key = `topics[${at}]`;
    if (!isString(node)) return section.wrong(key, node, 'text') ?? [];
    const filter = readTopicFilter(node.value);
    return typeof filter === 'string' ? (section.bad(key, node, filter) ?? []) : [filter];
  });
}

function capturesOf(section: Section, filters: readonly TopicFilter[]): readonly string[] {
  const taken: readonly string[] = [...MQTT_ROOTS, ...REPLY_ROOTS];
  const names = filters.flatMap(({ levels }) =>
    levels.flatMap((level) => (level.kind === 'text' ? [] : (level.name ?? []))),
  );
  for (const name of new Set(names)) {
    const at = section.map.entries.get('topics')?.value;
    if (at !== undefined && taken.includes(name)) {
      section.bad(
        'topics',
        at,
        `captures '${name}', which is the name of something else`,
        `take another name; there are ${taken.join(', ')}`,
      );
    }
  }
  return [...new Set(names)];
}

export function qosOf(section: Section): 0 | 1 | 2 | undefined {
  return section.whole('qos', 0, 2) as 0 | 1 | 2 | undefined;
}

function refuseMetadata(section: Section): void {
  const metadata = section.map.entries.get('metadata')?.value;
  const own = metadata?.kind === 'map' ? metadata.entries.get(MQTT_METADATA) : undefined;
  if (own !== undefined)
    section.bad(`metadata.${MQTT_METADATA}`, own.key, 'is written by the gateway: take another key');
}

function idOf(section: Section, roots: readonly string[]): Mapped | undefined {
  const node = section.node('id');
  if (node === undefined) return undefined;
  const mapped = textAt(section, 'id', node, roots);
  if (mapped?.kind !== 'constant') return mapped;
  return section.bad('id', node, 'is the same for every message', 'refer to what names one: "{device}/{/body/seq}"');
}

function replyOf(section: Section, filters: readonly TopicFilter[], roots: readonly string[]): MqttReply | undefined {
  const node = section.node('reply');
  if (node === undefined) return undefined;
  const own = isString(node) ? undefined : section.below('reply', node);
  if (own === undefined && !isString(node)) return undefined;
  const at = own === undefined ? node : own.needed('topic');
  const topic = at === undefined ? undefined : textAt(own ?? section, own === undefined ? 'reply' : 'topic', at, roots);
  if (topic?.kind === 'constant' && at !== undefined) {
    const constant = JSON.parse(topic.text) as string;
    const problem = topicProblem(constant) ?? loopProblem(constant, filters);
    if (problem !== undefined) (own ?? section).bad(own === undefined ? 'reply' : 'topic', at, problem);
  }
  const reply = {
    qos: own === undefined ? 1 : (qosOf(own) ?? 1),
    retain: own?.truth('retain') ?? false,
    send: own?.choice('send', ['result', 'output']) ?? 'result',
  } as const;
  own?.finish();
  return topic === undefined ? undefined : { topic, ...reply };
}

/** Why what is published there would come back; undefined: it would not. */
export function loopProblem(topic: string, filters: readonly TopicFilter[]): string | undefined {
  const filter = filters.find((each) => matchTopic(each, topic.split('/')) !== undefined);
  return filter === undefined
    ? undefined
    : `is meant by the filter '${filter.written}': what goes there would come back`;
}

function textAt(section: Section, key: string, node: Node, roots: readonly string[]): Mapped | undefined {
  if (!isString(node)) return section.wrong(key, node, 'text');
  return mappedAt(section, key, node, roots);
}
