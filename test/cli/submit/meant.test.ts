import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startBroker } from '../../../src/broker/broker.ts';
import { tellMeant } from '../../../src/cli/submit/meant.ts';
import { systemClock } from '../../../src/time/clock.ts';
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

test('a worker that came meanwhile is no slip in the tier', async (t) => {
  const broker = await startBroker();
  const bus = await connect({ servers: [broker.url] });
  t.after(async () => {
    await bus.close();
    await broker.close();
  });
  bus.subscribe('heddle.tasks.echo.local', () => {}, { queue: 'processors-echo-local' });
  bus.subscribe('heddle.tasks.ocr.*', () => {}, { queue: 'processors-ocr' });
  await bus.flush();
  const asker = await connect({ servers: [broker.url] });
  const said: string[] = [];
  const stop = new AbortController().signal;
  const session = { stop, io: { clock: systemClock, cwd: '/' }, talk: { warn: (text: string) => said.push(text) } };
  for (const [workerType, tier] of [
    ['echo', 'local'],
    ['ocr', 'frontier'],
    ['echo', 'frontier'],
  ]) {
    await tellMeant({ session, prepared: { direct: true, workerType, tier }, transport: asker } as never);
  }
  await asker.close();
  assert.deepEqual(said, ['"echo": it listens on local, and the task went to frontier']);
});
