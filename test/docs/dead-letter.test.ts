import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { KINDS } from '../../src/letters/kind.ts';
import { connect } from '../../src/transport/nats.ts';
import { failedResult, refusal, task } from '../deadletter/bus.ts';
import { runCli } from '../helpers/fake-io.ts';
import { natsServerFor, skipWithoutNatsServer } from '../helpers/nats-server.ts';
import { blocksOf, pattern } from '../helpers/page.ts';
import { inProject } from '../helpers/root.ts';

const page = readFileSync(inProject('docs', 'dead-letter.md'), 'utf8');

test('the page shows what the program writes', { skip: skipWithoutNatsServer() }, async (t) => {
  const { url } = await natsServerFor(t, { config: 'jetstream { store_dir: "FOLDER/js" }' });
  const bus = await connect({ servers: [url], name: 'heddle-ts router' });
  t.after(() => bus.close());
  bus.subscribe('heddle.tasks.incoming', () => {}, { queue: 'router' });
  await bus.flush();
  const blocks = blocksOf('docs', 'dead-letter.md').filter(({ language }) => language === 'console');
  assert.equal(blocks.length, 5);
  for (const [at, { text }] of blocks.entries()) {
    const [first = '', ...shown] = text.split('\n');
    const argv = first.replace('$ heddle-ts ', '').split(' ');
    const { stdout, stderr } = await runCli(argv, { env: { NATS_URL: url } });
    assert.match(stdout, pattern(shown.join('\n'), true), `${first}\n${stdout}\n${stderr}`);
    if (at > 0) continue;
    bus.publish('heddle.tasks.dead_letter', refusal('t-1'));
    bus.publish('heddle.tasks.dead_letter', refusal('t-2'));
    bus.publish('heddle.tasks.ocr.standard', task('t-3', 'ocr', '{"page":12345678901234567890}'));
    bus.publish('heddle.results.default', failedResult('t-3', "KeyError: 'page' in row 17"));
    await bus.flush();
  }
});

test('the page names every kind', () => {
  const named = [...page.matchAll(/^\| `(\w+)` \|/gm)].map(([, kind]) => kind);
  assert.deepEqual(named, [...KINDS]);
});
