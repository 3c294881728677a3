import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { createRoute } from '../../src/router/route.ts';
import { inProject } from '../helpers/root.ts';

// The table of docs/router.md, row by row.

const WORDS: Record<string, Uint8Array> = {
  empty: Buffer.alloc(0),
  'bytes that are not UTF-8': Buffer.from([0x22, 0xff, 0x22]),
  'a task after a byte order mark': Buffer.from('\ufeff{"worker_type":"echo","payload":{}}'),
  'nesting of 1,001 levels': Buffer.from(`{"worker_type":"echo","payload":{"a":${'['.repeat(999)}${']'.repeat(999)}}}`),
  'an integer of 4,301 digits': Buffer.from(`{"worker_type":"echo","payload":{"a":${'1'.repeat(4_301)}}}`),
  "one more than the tier's limit": Buffer.from('{"worker_type":"limited","model_tier":"local","payload":{}}'),
};

const page = readFileSync(inProject('docs', 'router.md'), 'utf8');
const rows = [...page.matchAll(/^\| (?:`(.+?)`|\((.+?)\)) \| (skipped|`heddle.*?`|dead letter, `.*?`) \|$/gm)];

test('the table is found', () => assert.ok(rows.length >= 24, `${rows.length} rows`));

for (const [, text, words, outcome] of rows) {
  test(`${text ?? words} becomes ${outcome}`, () => {
    const message = text === undefined ? WORDS[words ?? ''] : Buffer.from(text);
    assert.ok(message !== undefined, `no message for "${words}"`);
    const rules = {
      tierOverrides: new Map<string, string>(),
      rateLimits: new Map([['local', { maxConcurrent: 1, tokensPerMinute: undefined }]]),
    };
    const clock = { now: () => 0, elapsed: () => 0, uuid: () => 'x' };
    const route = createRoute({ rules, refill: 'max_concurrent' }, clock);
    if (words?.includes('limit') === true) route(message);
    const decision = route(message);
    const shown =
      decision.outcome === 'skip'
        ? 'skipped'
        : decision.outcome === 'forward'
          ? `\`${decision.subject}\``
          : `dead letter, \`${decision.reason}\``;
    assert.equal(shown, outcome);
  });
}
