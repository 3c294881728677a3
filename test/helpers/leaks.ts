import assert from 'node:assert/strict';
import { after } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

/** What must not outlive the tests of a file: connections, ports, child programs, timers. */
const WATCHED = new Set([
  'TCPSocketWrap',
  'TCPServerWrap',
  'ProcessWrap',
  'Timeout',
  'FSEventWrap',
  'UDPWrap',
  'TTYWrap',
]);
/** Closing takes a few turns of the loop. */
const PATIENCE_MS = 5000;

/** Once at the top of a test file: fails it when something is still open after its last test. */
export function noLeaks(): void {
  const before = held();
  after(async () => {
    const deadline = performance.now() + PATIENCE_MS;
    let left = leftOver(before);
    while (left.length > 0 && performance.now() < deadline) {
      await pause(10);
      left = leftOver(before);
    }
    assert.deepEqual(left, [], 'still open after the last test');
  });
}

function held(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}

function leftOver(before: ReadonlyMap<string, number>): string[] {
  const surplus: string[] = [];
  for (const [kind, count] of held()) {
    const more = count - (before.get(kind) ?? 0);
    if (WATCHED.has(kind) && more > 0) surplus.push(`${kind} x${more}`);
  }
  return surplus;
}
