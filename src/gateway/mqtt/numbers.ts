import { CounterBy, type Family, type Labels } from '../../http/prometheus.ts';
import { counter, gauge } from '../metrics.ts';

const MESSAGES = [
  // On the bus, and the broker was told so.
  'accepted',
  // Had its answer already; it was given again.
  'answered',
  // Nobody listened, and the rule says that this is no reason to keep it.
  'unheard',
  // Cannot be mapped: on the dead topic, where there is one.
  'dead',
  'expired',
  'unmatched',
  'skipped',
  // QoS 0, and the bus could not take it.
  'lost',
  // The connection went before it was acknowledged: the broker sends it again.
  'given_back',
] as const;
/** What became of a message. */
export type MessageOutcome = (typeof MESSAGES)[number];

const REPLIES = ['sent', 'refused', 'failed'] as const;
/** What became of an answer to a message. */
export type ReplyOutcome = (typeof REPLIES)[number];

/** What is counted of one input. */
export class InputNumbers {
  readonly #messages = new CounterBy<MessageOutcome>('outcome', MESSAGES);
  readonly #replies = new CounterBy<ReplyOutcome>('outcome', REPLIES);
  redelivered = 0;
  connects = 0;

  message(outcome: MessageOutcome): void {
    this.#messages.add(outcome);
  }

  reply(outcome: ReplyOutcome): void {
    this.#replies.add(outcome);
  }

  messages(labels: Labels) {
    return this.#messages.samples(labels);
  }

  replies(labels: Labels) {
    return this.#replies.samples(labels);
  }
}

export interface InputGauges {
  readonly name: string;
  readonly up: boolean;
  readonly inflight: number;
  readonly held: number;
  readonly numbers: InputNumbers;
}

export function mqttFamilies(inputs: readonly InputGauges[]): readonly Family[] {
  const each = (value: (input: InputGauges) => number): readonly (readonly [Labels, number])[] =>
    inputs.map((input) => [{ input: input.name }, value(input)]);
  const counted = (samples: (input: InputGauges) => readonly (readonly [Labels, number])[]) => inputs.flatMap(samples);
  return [
    counter(
      'mqtt_messages_total',
      'Messages of MQTT, by what became of them.',
      counted(({ name, numbers }) => numbers.messages({ input: name })),
    ),
    counter(
      'mqtt_replies_total',
      'Answers that were to go to a topic, by what became of them.',
      counted(({ name, numbers }) => numbers.replies({ input: name })),
    ),
    counter(
      'mqtt_redelivered_total',
      'Messages that a broker sent again.',
      each(({ numbers }) => numbers.redelivered),
    ),
    counter(
      'mqtt_connects_total',
      'Connections to a broker that stood.',
      each(({ numbers }) => numbers.connects),
    ),
    gauge(
      'mqtt_connected',
      '1 while the broker is connected.',
      each(({ up }) => (up ? 1 : 0)),
    ),
    gauge(
      'mqtt_inflight',
      'Messages that are not acknowledged yet.',
      each(({ inflight }) => inflight),
    ),
    gauge(
      'mqtt_held',
      'Of these, those that wait for the bus, or for somebody who listens.',
      each(({ held }) => held),
    ),
  ];
}
