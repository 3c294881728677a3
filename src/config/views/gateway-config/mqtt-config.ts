import type { Priority } from '../../../contract/messages.ts';
import type { Mapped } from './mapping.ts';
import type { SecretRef } from './secret.ts';
import type { TopicFilter } from './topic-filter.ts';
import type { WorkTarget } from './work-target.ts';

/** One broker, and what its messages become. */
export interface MqttInput {
  readonly name: string;
  readonly url: string;
  readonly version: MqttVersion;
  /** `{hostname}` stands for the name of the machine; undefined: made of the names of the gateway and of this input. */
  readonly clientId: { readonly text: string } | { readonly env: string } | undefined;
  readonly user: string | undefined;
  readonly password: SecretRef | undefined;
  /** Files in PEM, beside the config; undefined: as the system has it. */
  readonly tls: MqttTls | undefined;
  /** Replicas that share messages, as `$share/<group>/…`. */
  readonly share: string | undefined;
  /** How long a broker keeps what comes while nobody is there (5); with 3.1.1 it decides itself. */
  readonly sessionExpiryS: number;
  readonly keepaliveS: number;
  /** Messages that were taken and are not acknowledged yet, at most. */
  readonly inflight: number;
  /** Where what cannot be mapped goes; undefined: it is only counted. */
  readonly deadTopic: string | undefined;
  /** The first whose filter fits is asked. */
  readonly rules: readonly MqttRule[];
}

export const MQTT_VERSIONS = { '3.1.1': 4, '5': 5 } as const;
export type MqttVersion = keyof typeof MQTT_VERSIONS;

export interface MqttTls {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly serverName: string | undefined;
}

export const BODY_FORMS = ['json', 'number', 'text', 'hex', 'base64', 'cbor'] as const;
/** How bytes are read. */
export type BodyForm = (typeof BODY_FORMS)[number];

/** What messages on some topics become. */
export interface MqttRule {
  readonly filters: readonly TopicFilter[];
  readonly qos: 0 | 1 | 2;
  readonly body: BodyForm;
  readonly target: WorkTarget;
  readonly priority: Priority | undefined;
  /** Makes the id of the task: the same text, the same id. undefined: each message has its own, and keeps it when it is sent again. */
  readonly id: Mapped | undefined;
  /** Where the answer goes. */
  readonly reply: MqttReply | undefined;
  /** A message that names a topic for its answer gets it there (5). */
  readonly respond: boolean;
  /** What becomes of a message while nobody listens. */
  readonly onUnheard: 'hold' | 'ack';
  /** Messages that the broker had kept from before. */
  readonly retained: 'take' | 'skip';
}

export interface MqttReply {
  readonly topic: Mapped;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
  /** The whole answer, or what the worker put into it. */
  readonly send: 'result' | 'output';
}

/** What a rule's mapping can refer to, beside its captures. */
export const MQTT_ROOTS = ['topic', 'levels', 'body', 'qos', 'retained', 'duplicate', 'properties'] as const;
/** What the topic of an answer can, in addition. */
export const REPLY_ROOTS = ['task_id'] as const;

/** Under this key the metadata of a task tell where it came from. */
export const MQTT_METADATA = 'mqtt';

/** The usual payload: the body where it is an object, else `{"value": body}`. No mapping of a config can name it. */
export const BODY_AS_OBJECT = ' object';
