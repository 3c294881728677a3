import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { noLeaks } from '../../helpers/leaks.ts';
import { until } from '../../http/raw.ts';
import { deviceAt, skipWithoutMosquitto } from './broker.ts';
import { brokerWithGateway } from './taken.ts';

noLeaks();

const run = promisify(execFile);
const withoutPub =
  spawnSync('mosquitto_pub', ['--help']).error === undefined ? false : 'no mosquitto_pub on this machine';

test('mqtt.js is taken at every QoS', { skip: skipWithoutMosquitto }, async (t) => {
  const { broker, seen } = await brokerWithGateway(t);
  const device = await deviceAt(t, broker.url);
  for (const qos of [0, 1, 2] as const) await device.publish(`dev/js/${qos}`, JSON.stringify({ qos }), { qos });
  await until('all three', () => seen('js').length === 3);
});

test('mosquitto_pub is taken at every QoS', { skip: skipWithoutMosquitto || withoutPub }, async (t) => {
  const { broker, seen } = await brokerWithGateway(t);
  for (const qos of ['0', '1', '2']) {
    const message = ['-t', `dev/pub/${qos}`, '-q', qos, '-m', JSON.stringify({ qos: Number(qos) })];
    await run('mosquitto_pub', ['-p', String(broker.port), ...message]);
  }
  await until('all three', () => seen('pub').length === 3);
  assert.deepEqual(
    seen('pub').map(({ qos }) => qos),
    [0, 1, 2],
  );
});
