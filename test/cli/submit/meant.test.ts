import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startBroker } from '../../../src/broker/broker.ts';
import { connect } from '../../../src/transport/nats.ts';
import { runCli } from '../../helpers/fake-io.ts';
import { noLeaks } from '../../helpers/leaks.ts';

noLeaks();

test('past the router, where nobody listens, a slip in the name or the tier is named, and nothing is guessed', async (t) => {
  const broker = await startBroker();
  const worker = await connect({ servers: [broker.url] });
  t.after(async () => {
    await worker.close();
    await broker.close();
  });
  worker.subscribe('heddle.tasks.echo.local', () => {}, { queue: 'processors-echo-local' });
  await worker.flush();
  const submit = async (...argv: string[]) => {
    const ran = await runCli(['submit', '--direct', '--set', 'a=b', ...argv], { env: { NATS_URL: broker.url } });
    assert.equal(ran.code, 4, ran.stderr);
    return ran.stderr;
  };
  for (const further of [[], ['--wait', '2s'], ['--wait', '2s', '--trace']]) {
    assert.match(await submit('ehco', '--tier', 'local', ...further), /"ehco": did you mean "echo"\?/);
  }
  assert.match(
    await submit('echo', '--tier', 'frontier'),
    /"echo": it listens on local, and the task went to frontier/,
  );
  assert.doesNotMatch(await submit('thumbnail', '--tier', 'local'), /did you mean|it listens on/);
});
