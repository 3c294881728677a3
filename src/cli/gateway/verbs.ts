import type { CommandEntry } from '../command.ts';

/** What can be asked of a gateway that does not run. */
export const GATEWAY_VERBS: readonly CommandEntry[] = [
  {
    name: 'check',
    summary: 'Check a gateway config, and show what it promises',
    load: async () => (await import('./check.ts')).gatewayCheck,
  },
  {
    name: 'example',
    summary: 'Print a gateway config with comments, ready to be changed',
    load: async () => (await import('./example.ts')).gatewayExample,
  },
  {
    name: 'mqtt-topic',
    summary: 'Print the subject that a nats-server makes of a topic of MQTT, and its traps',
    load: async () => (await import('./mqtt-topic.ts')).gatewayMqttTopic,
  },
  {
    name: 'openapi',
    summary: 'Print the description of the interface (OpenAPI 3.1)',
    load: async () => (await import('./openapi.ts')).gatewayOpenApi,
  },
];
