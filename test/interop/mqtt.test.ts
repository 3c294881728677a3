import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { skipWithoutMosquitto } from '../gateway/mqtt/broker.ts';
import { brokerWithGateway } from '../gateway/mqtt/taken.ts';
import { programOf, python } from './heddle.ts';

const withoutPaho =
  spawnSync(programOf('python'), ['-c', 'import paho.mqtt.packettypes']).status === 0
    ? false
    : 'HEDDLE_VENV names no Python environment with paho-mqtt: npm run interop makes one';

test('paho is taken at every QoS, and answered where its message says', {
  skip: skipWithoutMosquitto || withoutPaho,
}, async (t) => {
  const { broker, seen } = await brokerWithGateway(t);
  const device = python(t, 'mqtt_device.py', [String(broker.port)], '.');
  assert.equal(await device.ended, 0, device.log());
  const { status, output } = JSON.parse(device.log()) as { status: string; output: { who: string } };
  assert.deepEqual([status, output.who], ['completed', 'paho']);
  assert.equal(seen('paho').length, 4);
});
