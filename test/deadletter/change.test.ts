import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { noLeaks } from '../helpers/leaks.ts';
import { failedResult, keptBus, refusal, SERVERS, task } from './bus.ts';

noLeaks();

const ODD =
  '{"reason": "r", "original_task": {"task_id": 9007199254740993, "payload": {"x": NaN}},\n "task_id": 9007199254740993, "worker_type": null}';

describe('archive, delete, purge, export and import', { skip: SERVERS[0]?.skip ?? false }, () => {
  test('archived letters are hidden and not replayed, what comes later of the group is not, and restore brings them back', async (t) => {
    const { bus, cli, json } = await keptBus(t);
    await cli('dead-letter', 'enable');
    for (let n = 0; n < 3; n += 1) bus.publish('heddle.tasks.dead_letter', refusal(`t-${n}`));
    await bus.flush();
    const { groups } = (await json('dead-letter', 'groups')) as { groups: { group: string }[] };
    const group = groups[0]?.group ?? '';
    assert.deepEqual(await json('dead-letter', 'archive', '--group', group), {
      schema_version: 1,
      ok: true,
      did: 'archived',
      letters: 3,
    });
    bus.publish('heddle.tasks.dead_letter', refusal('t-9'));
    await bus.flush();
    assert.equal((await json('dead-letter', 'groups')).total, 1);
    assert.match((await cli('dead-letter', 'replay', '--group', group, '--dry-run')).stdout, /^1 letter to send again/);
    assert.match((await cli('dead-letter', 'list', '--all')).stdout, /\[archived\]/);
    assert.equal((await json('dead-letter', 'restore', '--group', group)).letters, 3);
    assert.equal((await json('dead-letter', 'groups')).total, 4);
  });

  test('deleted letters are gone from the stream; without a yes nothing is', async (t) => {
    const { bus, cli, json } = await keptBus(t);
    await cli('dead-letter', 'enable');
    for (let n = 0; n < 5; n += 1) bus.publish('heddle.tasks.dead_letter', refusal(`t-${n}`));
    await bus.flush();
    assert.equal((await cli('dead-letter', 'delete', 'd2')).code, 1);
    assert.equal((await json('dead-letter', 'delete', 'd2', 'd4', '--yes')).letters, 2);
    assert.equal((await cli('dead-letter', 'show', 'd2')).code, 2);
    assert.equal((await json('dead-letter', 'groups')).total, 3);
    assert.equal((await cli('dead-letter', 'purge', '--yes')).code, 2);
    const purged = (await json('dead-letter', 'purge', '--before', '1h', '--yes')) as {
      streams: { messages: number }[];
    };
    assert.equal(purged.streams[0]?.messages, 0, 'nothing is that old');
    await json('dead-letter', 'purge', '--everything', '--yes');
    assert.equal((await json('dead-letter', 'groups')).total, 0);
  });

  test('an export brings back the very bytes elsewhere, once; disable writes one before it removes', async (t) => {
    const { bus, cli, json } = await keptBus(t);
    const folder = mkdtempSync(join(tmpdir(), 'heddle-export-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, 'letters.ndjson');
    await cli('dead-letter', 'enable', '--tasks');
    bus.publish('heddle.tasks.dead_letter', refusal('t-1'));
    bus.publish('heddle.tasks.dead_letter', refusal('t-1'));
    bus.publish('heddle.tasks.dead_letter', ODD);
    bus.publish('heddle.tasks.ocr.standard', task('t-2'));
    bus.publish('heddle.results.default', failedResult('t-2', 'boom'));
    await bus.flush();
    const originals = await cli('dead-letter', 'export', '--originals', '--kind', 'failed_result');
    assert.equal(originals.stdout, `${task('t-2')}\n`);
    const disabled = await cli('dead-letter', 'disable', '--export', file, '--yes');
    assert.equal(disabled.code, 0, disabled.stderr);
    assert.match(disabled.stdout, /exported 4 letters/);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const replayed = await cli('tail', '--from', file, '-o', 'ndjson');
    assert.equal(replayed.stdout.split('\n').filter((line) => line.includes('"dead_letter"')).length, 3);

    await cli('dead-letter', 'enable');
    assert.equal((await json('dead-letter', 'import', file)).imported, 4);
    const again = await json('dead-letter', 'import', file);
    assert.deepEqual([again.imported, again.known], [0, 4]);
    const odd = await cli('dead-letter', 'list', '-o', 'ndjson', '--reason', 'r');
    const { id } = odd.stdout
      .split('\n')
      .map((line) => (line === '' ? {} : JSON.parse(line)) as Record<string, unknown>)
      .find((each) => each.task_id === '9007199254740993') as { id: string };
    const shown = await json('dead-letter', 'show', id);
    assert.equal(Buffer.from(shown.message_base64 as string, 'base64').toString(), ODD);
    const second = join(folder, 'second.ndjson');
    assert.equal((await cli('dead-letter', 'export', second)).code, 0);
    const bytesOf = (path: string): string[] =>
      readFileSync(path, 'utf8')
        .trim()
        .split('\n')
        .map((line) => {
          const {
            subject,
            received_at: at,
            message,
            payload_base64: raw,
          } = JSON.parse(line) as Record<string, unknown>;
          return JSON.stringify([subject, at, message, raw]);
        })
        .sort();
    assert.deepEqual(bytesOf(second), bytesOf(file));
    assert.equal((await cli('dead-letter', 'export', second)).code, 1, 'a file that is there is not touched');
  });

  test('of a recording the failed work is kept; lines that hold nothing are told', async (t) => {
    const { cli } = await keptBus(t);
    const folder = mkdtempSync(join(tmpdir(), 'heddle-import-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, 'recording.ndjson');
    const line = (subject: string, message: string): string =>
      `{"schema_version":1,"kind":"x","received_at":"2026-04-29T12:00:00.000Z","subject":"${subject}","generation":"B","size":1,"message":${message}}`;
    writeFileSync(
      file,
      [
        line('heddle.tasks.dead_letter', refusal('t-1')),
        line('heddle.results.default', failedResult('t-2', 'boom')),
        line('heddle.results.default', failedResult('t-3', 'x').replace('"failed"', '"completed"')),
        'no line',
      ].join('\n'),
    );
    await cli('dead-letter', 'enable');
    const { code, stdout } = await cli('dead-letter', 'import', file);
    assert.equal(code, 1);
    assert.equal(stdout, 'imported 2 letters; 1 are no failed work; 1 lines hold no message (line 4: it is no JSON)\n');
  });
});
