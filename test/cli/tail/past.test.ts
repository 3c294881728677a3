import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openStream } from '../../../src/store/open.ts';
import { connect } from '../../../src/transport/nats.ts';
import { natsServerFor, skipWithoutNatsServer } from '../../helpers/nats-server.ts';
import { startProgram } from '../../helpers/program.ts';

/** The program as it is built: its bundle has a part of the packages of JetStream. */
test('the built program shows the past out of a stream', { skip: skipWithoutNatsServer() }, async (t) => {
  const server = await natsServerFor(t, { config: 'jetstream { store_dir: "FOLDER" }' });
  const bus = await connect({ servers: [server.url] });
  t.after(() => bus.close());
  const run = async (...argv: string[]) => {
    const program = startProgram(t, ['tail', ...argv, '--no-follow', '-o', 'ndjson', '--nats-url', server.url]);
    return { exit: await program.ended, program };
  };

  const none = await run('--last', '3');
  assert.equal(none.exit, 2);
  assert.match(none.program.stdout() + none.program.stderr(), /no JetStream stream captures it/);

  const stream = await openStream({ home: 'jetstream', bus }, 'RESULTS');
  await stream.ensure({ subjects: ['heddle.results.*'] });
  for (let n = 1; n <= 700; n += 1) {
    const result = JSON.stringify({ task_id: `t${n}`, worker_type: 'w', status: 'completed' });
    const appended = stream.append(result, { subject: 'heddle.results.default' });
    if (n % 100 === 0) await appended;
  }
  for (const [flag, value, count] of [
    ['--since', '1h', 700],
    ['--last', '3', 3],
  ] as const) {
    const { exit, program } = await run(flag, value);
    assert.equal(exit, 0, program.stderr());
    const ids = program.lines().map(({ message }) => (message as { task_id?: string }).task_id);
    assert.deepEqual(
      ids,
      Array.from({ length: count }, (_, index) => `t${700 - count + 1 + index}`),
    );
    assert.match(program.stderr(), /the past comes from "RESULTS"/);
    assert.match(program.stderr(), /no stream keeps heddle\.tasks\.dead_letter: of these there is no past/);
  }
});
