import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startBroker } from '../../../src/broker/broker.ts';
import { outputGroup } from '../../../src/cli/flags/frame.ts';
import { readFlags } from '../../../src/cli/flags/group.ts';
import { openSession } from '../../../src/cli/open-session.ts';
import type { Session } from '../../../src/cli/session.ts';
import { TAIL } from '../../../src/cli/tail/flags.ts';
import { FORMATS } from '../../../src/cli/tail/formats/list.ts';
import { tailRequest } from '../../../src/cli/tail/request.ts';
import { runTail } from '../../../src/cli/tail/run.ts';
import { fakeIo } from '../../helpers/fake-io.ts';
import { noLeaks } from '../../helpers/leaks.ts';

noLeaks();

test('a signal that comes when it is connected and not yet at work ends it', { timeout: 20_000 }, async (t) => {
  const broker = await startBroker();
  t.after(() => broker.close());
  const io = fakeIo({ env: { NATS_URL: broker.url } });
  const { session, close } = await openSession('tail', 'human', readFlags([outputGroup(['human'])], {}), {}, io);
  let tellConnected = (): void => {};
  const connected = new Promise<void>((resolve) => {
    tellConnected = resolve;
  });
  const watched: Session = Object.assign(Object.create(session) as Session, {
    connect: async (options: Parameters<Session['connect']>[0]) => {
      const bus = await session.connect(options);
      tellConnected();
      return bus;
    },
  });
  const make = await FORMATS.human(session as Session<'human'>);
  const exit = await runTail(watched, tailRequest([], readFlags(TAIL, {})), async (request, guard) => {
    // What the format needs takes longer to load than connecting does.
    await connected;
    io.signal('SIGINT');
    return await make(request, guard);
  });
  await close();
  assert.equal(exit, 130);
});
