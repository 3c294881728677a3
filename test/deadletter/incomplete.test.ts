import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer, connect as dial } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openStream } from '../../src/store/open.ts';
import { connect } from '../../src/transport/nats.ts';
import { runCli } from '../helpers/fake-io.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { natsServerFor, skipWithoutNatsServer } from '../helpers/nats-server.ts';
import { assertKeepsSchema } from '../helpers/output-schema.ts';
import { refusal } from './bus.ts';

noLeaks();

const CONFIG = `jetstream { store_dir: "FOLDER/js" }
authorization { users: [
  { user: all, password: a }
  { user: some, password: s, permissions: { publish: { deny: ["$JS.API.STREAM.MSG.GET.OTHERS"] } } }
] }`;

/** The server as one of three: its streams are said to be kept on three, so what it gives may be behind. */
async function asOneOfThree(t: TestContext, port: number): Promise<number> {
  const proxy = createServer((client) => {
    const server = dial(port, '127.0.0.1');
    client.pipe(server);
    server.on('data', (data) => {
      client.write(Buffer.from(data.toString('latin1').replaceAll('"num_replicas":1', '"num_replicas":3'), 'latin1'));
    });
    for (const [one, other] of [[client, server] as const, [server, client] as const]) {
      one.on('close', () => other.destroy());
      one.on('error', () => {});
    }
  });
  await new Promise<void>((resolve) => void proxy.listen(0, '127.0.0.1', resolve));
  t.after(() => new Promise((resolve) => void proxy.close(resolve)));
  return (proxy.address() as AddressInfo).port;
}

test('where it is not known whether all was read, every answer says so, and a choice sends and removes nothing', {
  skip: skipWithoutNatsServer(),
}, async (t) => {
  const server = await natsServerFor(t, { config: CONFIG });
  const port = await asOneOfThree(t, server.port);
  const bus = await connect({ servers: [server.url], auth: { user: 'all', password: 'a' } });
  t.after(() => bus.close());
  const others = await openStream({ home: 'jetstream', bus }, 'OTHERS');
  await others.ensure({ subjects: ['heddle.tasks.dead_letter', 'theirs'] });
  await others.append(refusal('t-1'), { subject: 'heddle.tasks.dead_letter' });
  await others.append('{}', { subject: 'theirs' });
  const cli = (user: string, ...argv: string[]) =>
    runCli(argv, { env: { NATS_URL: `nats://${user}@127.0.0.1:${port}` } });

  const some = JSON.parse((await cli('some:s', 'dead-letter', 'groups', '--json')).stdout);
  assertKeepsSchema('dead-letter.groups', some);
  assert.equal(some.total, 1);
  assert.equal(some.coverage.complete, false);
  assert.deepEqual(some.coverage.not_read, [{ stream: 'OTHERS', messages_at_most: 1 }]);
  const words = await cli('some:s', 'dead-letter', 'groups');
  assert.match(words.stdout, /incomplete: up to 1 message of OTHERS did not come, and may be kept/);

  const replayed = await cli('some:s', 'dead-letter', 'replay', '--everything', '--yes', '-o', 'ndjson');
  assert.equal(replayed.code, 3, replayed.stdout);
  const [plan, error] = replayed.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.equal(plan.coverage.complete, false);
  assert.match(error.error.message, /not all that "OTHERS" may keep was read, so nothing is sent/);
  assert.match(
    (await cli('some:s', 'dead-letter', 'archive', '--kind', 'refusal')).stderr,
    /incomplete: up to 1 message/,
  );
  // One that may be there is not said to be gone.
  const other = await cli('some:s', 'dead-letter', 'show', 'OTHERS.2');
  assert.equal(other.code, 3, other.stdout);
  assert.match(other.stderr, /not all that "OTHERS" may keep could be read/);
  const exported = await cli('some:s', 'dead-letter', 'export', '--all', join(server.folder, 'part.ndjson'));
  assert.equal(exported.code, 1, exported.stderr);
  assert.match(exported.stderr, /incomplete: up to 1 message/);
  assert.match(readFileSync(join(server.folder, 'part.ndjson'), 'utf8'), /t-1/);

  const all = JSON.parse((await cli('all:a', 'dead-letter', 'groups', '--all', '--json')).stdout);
  assert.deepEqual([all.total, all.coverage.complete, all.coverage.not_read], [1, true, []]);
});
