import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type ErrorCode, HeddleError } from '../../src/errors.ts';
import { readRights } from '../../src/preflight/user-rights.ts';
import { createMemoryBus } from '../../src/transport/memory.ts';
import { permissionDenied } from '../../src/transport/permissions.ts';
import type { Transport } from '../../src/transport/transport.ts';
import { noLeaks } from '../helpers/leaks.ts';

noLeaks();

/** Of a bus whose question after rights ends so. */
async function untold(t: TestContext, whoAmI: boolean, how: ErrorCode | HeddleError): Promise<string> {
  const memory = createMemoryBus();
  t.after(() => memory.close());
  const bus = await memory.connect();
  const asked: Transport = Object.create(bus, {
    info: { value: { ...bus.info, can: { ...bus.info.can, whoAmI } } },
    request: { value: () => Promise.reject(typeof how === 'string' ? new HeddleError(how, 'why') : how) },
    subscribe: { value: bus.subscribe.bind(bus) },
    flush: { value: bus.flush.bind(bus) },
    onEvent: { value: bus.onEvent.bind(bus) },
  });
  return (await readRights(asked, ['heddle.results.>'], 1_000, new AbortController().signal)).untold;
}

test('why nobody told what a user may do is not guessed', async (t) => {
  assert.match(await untold(t, false, 'timeout'), /nats-server 2\.10 does/);
  assert.match(await untold(t, true, permissionDenied('publish', '$SYS.REQ.USER.INFO', 'x')), /may not ask/);
  assert.match(await untold(t, true, permissionDenied('subscribe', '_INBOX.a.*', 'x')), /may not subscribe to where/);
  assert.match(await untold(t, true, 'nobody_listens'), /no system account/);
  assert.equal(await untold(t, true, 'timeout'), 'the server gave no answer to $SYS.REQ.USER.INFO');
});
