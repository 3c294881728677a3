import type { ListenerSubject } from '../../gateway/mqtt/nats-subject.ts';
import { command } from '../command.ts';
import { EXIT } from '../exit.ts';
import type { Formats } from '../output-format.ts';
import { disarmLine } from '../screen/disarm.ts';
import { symbolsFor } from '../screen/symbols.ts';

interface Told {
  readonly topics: readonly ListenerSubject[];
  /** True of all. */
  readonly general: readonly string[];
}

const FORMATS = {
  human:
    (session) =>
    ({ topics, general }) => {
      const { style, unicode } = session.out;
      const { arrow } = symbolsFor(unicode);
      for (const { topic, subject, traps } of topics) {
        const shown = subject === undefined ? style.bad('no subject') : style.accent(disarmLine(subject));
        session.print(`${disarmLine(topic)}  ${arrow}  ${shown}`);
        for (const trap of traps) session.print(`  ${style.warn(trap)}`);
      }
      session.print('\nThe listener of a nats-server:');
      for (const trap of general) session.print(`  ${trap}`);
    },
  json:
    (session) =>
    ({ topics, general }) =>
      session.json({
        schema_version: 1,
        ok: topics.every(({ subject }) => subject !== undefined),
        topics: topics.map(({ topic, subject, isFilter, traps }) => ({
          topic,
          subject: subject ?? null,
          filter: isFilter,
          traps,
        })),
        general,
      }),
} satisfies Formats<(told: Told) => void>;

/** What a nats-server with an MQTT listener makes of topics, and what goes wrong with them. Nothing is connected. */
export const gatewayMqttTopic = command({
  formats: FORMATS,
  connects: false,
  exact: true,
  examples: [
    ['heddle-ts gateway mqtt-topic heddle/tasks/incoming', 'the subject behind a topic: heddle.tasks.incoming'],
    ["heddle-ts gateway mqtt-topic 'plant/line 1/temp' /a//b x.y -o json", 'with the traps of each, for a script'],
  ],
  operand: ['<topic...>', 'topics or filters, as devices write them'],
  groups: [],
  run: async (session, topics) => {
    const { listenerSubject, LISTENER_TRAPS } = await import('../../gateway/mqtt/nats-subject.ts');
    const told = topics.map(listenerSubject);
    FORMATS[session.format](session)({ topics: told, general: LISTENER_TRAPS });
    return told.every(({ subject }) => subject !== undefined) ? EXIT.ok : EXIT.no;
  },
});
