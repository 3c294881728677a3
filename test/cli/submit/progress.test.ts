import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Session } from '../../../src/cli/session.ts';
import { showBatchProgress } from '../../../src/cli/submit/batch-progress.ts';
import { emptyTally } from '../../../src/submit/batch/tally.ts';
import { createFakeClock } from '../../../src/time/fake-clock.ts';
import { turn } from '../../../src/time/turn.ts';
import { noLeaks } from '../../helpers/leaks.ts';

noLeaks();

/** What a person sees of a batch that comes from `text`, after so many were sent. */
async function seen(
  t: TestContext,
  text: string | undefined,
  { sent, skipped = 0, total }: { sent: number; skipped?: number; total?: number },
): Promise<string> {
  let file: string | undefined;
  if (text !== undefined) {
    const folder = mkdtempSync(join(tmpdir(), 'heddle-progress-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    file = join(folder, 'lines.jsonl');
    writeFileSync(file, text);
  }
  const clock = createFakeClock();
  let shown = '';
  const show = (next: string): void => {
    shown = next;
  };
  const session = {
    err: { spinner: true, unicode: true },
    quiet: false,
    machine: false,
    io: { clock },
    spin: () => Promise.resolve({ text: show, stop: () => {} }),
  } as unknown as Session;
  const tally = emptyTally();
  const stop = await showBatchProgress(session, tally, { waits: false, total, file });
  Object.assign(tally, { sent, skipped });
  // The file is counted in a time of its own.
  for (let look = 0; look < 500 && (file === undefined ? look < 5 : !shown.includes(' of ')); look += 1) {
    await turn();
    await clock.advance(200);
  }
  stop();
  return shown.replace(/, [\d,]+\/s$/, '');
}

test('lines of a file have a total and a share, blank ones counted for nothing, with and without a last line end', async (t) => {
  const lines = Array.from({ length: 1200 }, (_, n) => `{"n":${n}}`);
  const text = `\n${lines.join('\n')}\n\n\n`;
  assert.match(await seen(t, text, { sent: 300 }), /^█{6}[^█]{18} +25% {2}300 of 1,200 sent$/);
  assert.match(
    await seen(t, lines.join('\n'), { sent: 1199 }),
    /^█+.* 99% {2}1,199 of 1,200 sent$/,
    'no whole before the last',
  );
  assert.match(
    await seen(t, text, { sent: 300, skipped: 900 }),
    / 100% {2}300 of 1,200 sent$/,
    'of those left out, nothing is awaited',
  );
});

test('a number that was asked for is the total; where none is known, none is shown', async (t) => {
  assert.match(await seen(t, undefined, { sent: 5, total: 10 }), / 50% {2}5 of 10 sent$/);
  assert.equal(await seen(t, undefined, { sent: 5 }), '5 sent');
});
