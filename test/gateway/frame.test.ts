import assert from 'node:assert/strict';
import { test } from 'node:test';
import { framed } from '../../src/gateway/hub/frame.ts';

test('a frame reads the same whether its data is held as text or as bytes', () => {
  for (const note of ['x'.repeat(100), 'ü'.repeat(20_000), `${'x'.repeat(20_000)}\u2028`]) {
    for (const text of [JSON.stringify({ note }), JSON.stringify({ note }, undefined, 2), `{"note":\r"${note}"}`]) {
      for (const dialect of ['events', 'json-rpc'] as const) {
        const more = { id: 'e-1', retry: 3_000 };
        const ofBytes = Buffer.from(framed(dialect, 'task/progress', Buffer.from(text), more)).toString();
        assert.equal(ofBytes, Buffer.from(framed(dialect, 'task/progress', text, more)).toString());
        const [fields = '', ...rest] = ofBytes.split('\n\n');
        assert.deepEqual(rest, [''], 'one frame');
        const data = fields.split('\n').flatMap((line) => (line.startsWith('data: ') ? [line.slice(6)] : []));
        const read = JSON.parse(data.join('\n'));
        assert.equal((dialect === 'events' ? read : read.params).note, note);
      }
    }
  }
});
