import type { GatewayConfig } from '../../config/views/gateway-config/config.ts';
import type { MqttInput } from '../../config/views/gateway-config/mqtt-config.ts';
import type { AskCore } from '../core.ts';
import { MqttIntake } from '../mqtt/input.ts';
import { mqttFamilies } from '../mqtt/numbers.ts';
import { loadPackages, type MqttPackages } from '../mqtt/package.ts';
import { type MqttSettings, mqttSettings } from '../mqtt/settings.ts';
import { ownerOf } from '../mqtt/wanted.ts';
import type { Part } from '../part.ts';

/** Of the time to put things away, what is for answers that a broker has not confirmed. */
const ANSWERS_MS = 1_500;

/** Devices and programs that speak MQTT. */
export function mqtt(ask: AskCore, started: GatewayConfig): Part | undefined {
  if (started.mqtt.length === 0) return undefined;
  let prepared: { readonly packages: MqttPackages; readonly settings: readonly MqttSettings[] } | undefined;
  let intakes: readonly MqttIntake[] = [];
  return {
    name: 'mqtt',
    routes: [],
    contract: ({ mqtt }) => ({ mqtt: mqtt.map(promiseOf) }),
    fixed: ({ mqtt }) => ({ mqtt }),
    prepare: async ({ mqtt, name }, { secrets }) => {
      const settings = mqtt.map((input) => mqttSettings(input, name, secrets));
      const packages = await loadPackages(mqtt);
      return () => {
        prepared ??= { packages, settings };
      };
    },
    open: async () => {
      if (prepared === undefined) throw new Error('mqtt was opened before it was prepared');
      const { packages, settings } = prepared;
      intakes = started.mqtt.map((input, at) => new MqttIntake(ask(), packages, input, settings[at] as MqttSettings));
      for (const intake of intakes) intake.open();
    },
    state: () => ({ mqtt: intakes.map((intake) => intake.state()) }),
    families: () => mqttFamilies(intakes.map((intake) => intake.gauges())),
    answered: (record, text) => intakes.find(({ name }) => ownerOf(name) === record.owner)?.answered(record, text),
    stopTaking: async () => {
      await Promise.all(intakes.map((intake) => intake.stopTaking()));
    },
    putAway: async () => {
      await Promise.all(intakes.map((intake) => intake.close(ANSWERS_MS)));
    },
  };
}

function promiseOf({ name, url, version, share, rules, deadTopic }: MqttInput): unknown {
  return {
    name,
    broker: url,
    version,
    share: share ?? null,
    dead_topic: deadTopic ?? null,
    acknowledged_when: 'the server of the bus has the task; from there on it is at most once',
    topics: rules.flatMap(({ filters, qos, target, reply, onUnheard }) =>
      filters.map(({ written }) => ({
        topic: written,
        qos,
        to: target.to,
        worker_type: target.to === 'task' ? target.workerType : null,
        answered: reply !== undefined,
        on_unheard: onUnheard,
      })),
    ),
  };
}
