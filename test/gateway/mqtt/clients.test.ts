import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { BUSES } from '../../helpers/buses.ts';
import { noLeaks } from '../../helpers/leaks.ts';
import { inProject } from '../../helpers/root.ts';
import { until } from '../../http/raw.ts';
import { actors } from '../bus.ts';
import { startGateway } from '../start.ts';
import { deviceAt, mosquittoFor, skipWithoutMosquitto as skip } from './broker.ts';

noLeaks();

const run = promisify(execFile);
/** Where paho-mqtt is installed; HEDDLE_PAHO_PYTHON names another Python. */
const python = process.env.HEDDLE_PAHO_PYTHON ?? 'python3';
const hasPaho = spawnSync(python, ['-c', 'import paho.mqtt.packettypes']).status === 0;
const hasPub = spawnSync('mosquitto_pub', ['--help']).error === undefined;

test('mosquitto_pub, paho and mqtt.js are taken by one gateway, at every QoS', { skip }, async (t) => {
  const { connect } = await (BUSES[0] ?? assert.fail()).start(t);
  await actors(t, await connect());
  const broker = await mosquittoFor(t);
  const gateway = await startGateway(
    t,
    await connect({ reconnect: true }),
    `kind: gateway\nmqtt: [{url: "${broker.url}", version: 5, qos: 2, topics: ["dev/{who}/{what}"], to: task, worker_type: echo, payload: {who: "{who}", body: {ref: /body}}}]\n`,
  );
  await until('the gateway reads', () => gateway.events.some(({ kind }) => kind === 'mqtt_connected'));
  const tasks: { payload: { who: string; body: Record<string, unknown> } }[] = [];
  const watcher = await connect();
  watcher.subscribe('heddle.tasks.incoming', ({ data }) =>
    tasks.push(JSON.parse(Buffer.from(data).toString()) as (typeof tasks)[number]),
  );
  await watcher.flush();
  const seen = (who: string) => tasks.filter(({ payload }) => payload.who === who).map(({ payload }) => payload.body);

  const device = await deviceAt(t, broker.url);
  for (const qos of [0, 1, 2] as const) await device.publish(`dev/js/${qos}`, JSON.stringify({ qos }), { qos });
  await until('those of mqtt.js', () => seen('js').length === 3);

  if (hasPub) {
    for (const qos of ['0', '1', '2']) {
      await run('mosquitto_pub', [
        '-p',
        String(broker.port),
        '-t',
        `dev/pub/${qos}`,
        '-q',
        qos,
        '-m',
        JSON.stringify({ qos: Number(qos) }),
      ]);
    }
    await until('those of mosquitto_pub', () => seen('pub').length === 3);
    assert.deepEqual(
      seen('pub').map(({ qos }) => qos),
      [0, 1, 2],
    );
  } else t.diagnostic('no mosquitto_pub on this machine');

  if (hasPaho) {
    const { stdout } = await run(python, [inProject('test', 'gateway', 'mqtt', 'device.py'), String(broker.port)]);
    const { status, output } = JSON.parse(stdout) as { status: string; output: { who: string } };
    assert.deepEqual([status, output.who], ['completed', 'paho']);
    assert.equal(seen('paho').length, 4);
  } else t.diagnostic('no paho-mqtt for Python on this machine');
});
