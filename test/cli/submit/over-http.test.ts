import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { heldElsewhere } from '../../../src/submit/elsewhere.ts';
import { HTTP_NONE, type HttpLane } from '../../../src/topology/http-workers.ts';
import { connect } from '../../../src/transport/nats.ts';
import { startGateway, type TestGateway } from '../../gateway/start.ts';
import { runCli } from '../../helpers/fake-io.ts';
import { noLeaks } from '../../helpers/leaks.ts';
import { natsServerFor, skipWithoutNatsServer } from '../../helpers/nats-server.ts';
import { startRouter } from '../../submit/actors.ts';

noLeaks();
const skip = skipWithoutNatsServer();

const TYPES = 'workers: {types: {kept: {mode: durable, tiers: [local]}, thumb: {mode: core, tiers: [local]}}}\n';

interface Bus {
  readonly gateway: TestGateway;
  /** What `submit` ended with, and all that it said. */
  submit(...argv: readonly string[]): Promise<readonly [code: number, words: string]>;
}

async function busWithGateway(t: TestContext): Promise<Bus> {
  const server = await natsServerFor(t, { config: 'jetstream { store_dir: "FOLDER/js" }\n' });
  const dial = async (name: string) => {
    const bus = await connect({ servers: [server.url], name, reconnect: true });
    t.after(() => bus.close());
    return bus;
  };
  await startRouter(await dial('heddle-ts router'));
  const gateway = await startGateway(t, await dial('heddle-ts gateway edge'), `name: edge\n${TYPES}`);
  return {
    gateway,
    submit: async (...argv) => {
      const { code, stdout, stderr } = await runCli(['submit', ...argv, '--tier', 'local'], {
        env: { NATS_URL: server.url },
      });
      return [code, stdout + stderr];
    },
  };
}

test('a task that a gateway keeps for its workers over HTTP is not lost, and nobody is told to take the stream away', {
  skip,
}, async (t) => {
  const { gateway, submit } = await busWithGateway(t);
  for (const argv of [['--trace'], [], ['--direct', '--trace']]) {
    const [code, words] = await submit('kept', ...argv, '--wait', '700ms');
    assert.equal(code, 124, words);
    assert.match(words, /it is kept for the workers over HTTP of gateway edge, and none of them asks now/);
    assert.doesNotMatch(words, /nobody listens|nats stream edit|must listen besides/);
  }
  for (const argv of [['--direct'], ['--direct', '--verify'], ['--direct', '--count', '2']]) {
    const [code, words] = await submit('kept', ...argv);
    assert.equal(code, 0, words);
    assert.match(words, /stored by stream "heddle-tasks-kept", for workers over HTTP/);
    assert.doesNotMatch(words, /nobody|nats stream edit|must listen besides/);
  }
  const [verified, said] = await submit('kept', '--verify');
  assert.deepEqual([verified, /no worker|nobody/.test(said)], [0, false], said);
  const [lost, why] = await submit('thumb', '--trace', '--wait', '5s');
  assert.equal(lost, 4, why);
  assert.match(why, /nobody listens there; gateway edge takes such tasks only while a worker over HTTP asks for them/);

  await gateway.drain(1_000);
  const [code, words] = await submit('kept', '--trace', '--wait', '700ms');
  assert.equal(code, 124, words);
  assert.match(words, /the stream "heddle-tasks-kept" keeps it .*, and no gateway is there that hands it out/);
});

test('who may have a task that nobody on the bus listens for', () => {
  const lane: HttpLane = {
    ...{ gateway: 'edge', type: 'ocr', tier: 'local', mode: 'core' },
    ...{ workers: 0, unnamedPolls: 0, leases: 0, buffered: 0, full: false },
  };
  const held = (lanes: readonly HttpLane[], streams: readonly string[] = [], unknown: readonly string[] = []) => {
    const found = heldElsewhere({ http: { ...HTTP_NONE, lanes, unknown }, streams }, 'ocr', 'local');
    return found && ([found.hope, found.words] as const);
  };
  assert.equal(held([]), undefined);
  assert.equal(
    held([
      { ...lane, type: 'other' },
      { ...lane, tier: 'frontier' },
    ]),
    undefined,
  );
  assert.deepEqual(held([{ ...lane, leases: 1, buffered: 2 }])?.[0], true);
  assert.match(held([{ ...lane, leases: 1, buffered: 2 }])?.[1] ?? '', /1 at work, 2 waiting/);
  assert.match(held([{ ...lane, mode: 'durable', workers: 2, leases: 1 }])?.[1] ?? '', /2 there, 1 task at work/);
  // What is full refuses what comes.
  const full = held([{ ...lane, mode: 'durable', full: true }]);
  assert.deepEqual([full?.[0], /is full: whether it has this one is not known/.test(full?.[1] ?? '')], [true, true]);
  assert.doesNotMatch(full?.[1] ?? '', /it is kept/);
  assert.deepEqual(held([], ['heddle-tasks-ocr'], ['1 of 1 replica said nothing'])?.[0], true);
  assert.equal(held([], ['heddle-tasks-ocr'])?.[0], true);
  assert.deepEqual(held([], ['heddle-tasks-other']), [
    false,
    'the stream "heddle-tasks-other" keeps it, and works on nothing',
  ]);
});
