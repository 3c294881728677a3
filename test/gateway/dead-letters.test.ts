import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../src/time/clock.ts';
import { connect } from '../../src/transport/nats.ts';
import { keptBus, refusal } from '../deadletter/bus.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { skipWithoutNatsServer } from '../helpers/nats-server.ts';
import { startGateway } from './start.ts';

noLeaks();

test('failed work of late stands in the metrics where the config asks for it, by reason and worker', {
  skip: skipWithoutNatsServer(),
}, async (t) => {
  const { bus, server, cli } = await keptBus(t);
  const transport = await connect({ servers: [server.url], reconnect: true });
  t.after(() => transport.close());
  let ring = (): void => {};
  // The real clock, but for what is done every so often: that is done when the test says so.
  const clock = {
    ...systemClock,
    every: (_ms: number, run: () => void) => {
      ring = run;
      return systemClock.after(0, () => {});
    },
  };
  const plain = await startGateway(t, transport, 'kind: gateway\nname: plain\n');
  const gateway = await startGateway(t, transport, 'kind: gateway\ndead_letters: true\n', { clock });
  const told = async (pattern: RegExp): Promise<string> => {
    for (let tries = 0; ; tries += 1) {
      const text = await (await gateway.ask('/metrics')).text();
      if (pattern.test(text)) return text;
      assert.ok(tries < 200, text);
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  };
  const none = await told(/^heddle_dead_letters_known 0$/m);
  assert.doesNotMatch(none, /heddle_dead_letters_recent/, 'what is not known is not 0');
  await cli('dead-letter', 'enable');
  for (const id of ['t-1', 't-2']) bus.publish('heddle.tasks.dead_letter', refusal(id));
  await bus.flush();
  ring();
  const text = await told(/^heddle_dead_letters_known 1$/m);
  assert.match(text, /^heddle_dead_letters_recent 2$/m);
  assert.match(text, /^heddle_dead_letters_recent_by_reason\{reason="rate_limited",worker="ocr"\} 2$/m);
  assert.match(text, /^heddle_dead_letters_window_seconds 600$/m);
  assert.doesNotMatch(await (await plain.ask('/metrics')).text(), /heddle_dead_letters/, 'nobody asked for it there');
});
