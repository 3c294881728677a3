import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ErrorCode, HeddleError } from '../../src/errors.ts';
import { orStoreProblem } from '../../src/gateway/store-problem.ts';
import type { Problem } from '../../src/http/problem.ts';

test('a store that is gone or silent is not called a bus that cannot be reached, and a bus that is away not a store', async () => {
  const shown = async (code: ErrorCode): Promise<string> => {
    const failed = Promise.reject(new HeddleError(code, 'why'));
    const { code: problem, message } = await orStoreProblem(failed).catch((thrown: unknown) => thrown as Problem);
    assert.equal(/the bus cannot be reached/.test(message), /^connection_/.test(code), `${code}: ${message}`);
    return problem;
  };
  for (const code of ['store_failed', 'store_busy', 'payload_too_large', 'no_match', 'timeout'] as const) {
    assert.equal(await shown(code), 'store_unavailable', code);
  }
  for (const code of ['connection_lost', 'connection_closed', 'permission_denied'] as const) {
    assert.equal(await shown(code), 'bus_down', code);
  }
});
