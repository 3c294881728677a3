import assert from 'node:assert/strict';
import { get } from 'node:http';
import { test } from 'node:test';
import type { Report } from '../../src/preflight/report.ts';
import { startSidecar } from '../../src/preflight/sidecar.ts';
import { createFakeClock } from '../../src/testing.ts';
import { noLeaks } from '../helpers/leaks.ts';

noLeaks();

const counts = { passed: 2, warning: 0, failed: 0, skipped: 0, ignored: 0 };
const REPORT = { startedAt: 0, durationMs: 1, results: [], counts, verdict: 'ok' } as unknown as Report;

function ask(url: string): Promise<{ status: number | undefined; text: string }> {
  return new Promise((resolve, reject) => {
    get(`${url}/readyz`, { agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode, text }));
    }).on('error', reject);
  });
}

test('a round that hangs: what the last one found counts for a while, and then no more', async (t) => {
  const clock = createFakeClock();
  const stop = new AbortController();
  let hangs = false;
  let release = (): void => {};
  const sidecar = await startSidecar({
    host: '127.0.0.1',
    port: 0,
    everyMs: 5_000,
    round: async () => {
      if (hangs) {
        await new Promise<void>((resolve) => {
          release = resolve;
        });
      }
      return REPORT;
    },
    passes: () => true,
    signal: stop.signal,
    clock,
  });
  t.after(async () => {
    stop.abort();
    release();
    await sidecar.ended;
  });
  await clock.advance(5_000);
  assert.deepEqual(await ask(sidecar.url), { status: 200, text: 'ready: 2 checks passed\n' });
  hangs = true;
  await clock.advance(25_000);
  assert.equal((await ask(sidecar.url)).status, 200);
  await clock.advance(1_000);
  const stale = await ask(sidecar.url);
  assert.deepEqual(stale, { status: 503, text: 'not ready: the last round of checks ended 26 s ago\n' });
  hangs = false;
  release();
  await clock.advance(0);
  assert.equal((await ask(sidecar.url)).status, 200);
});
