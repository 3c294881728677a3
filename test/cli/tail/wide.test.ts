import assert from 'node:assert/strict';
import { test } from 'node:test';
import { styleFor } from '../../../src/cli/screen/style.ts';
import { messageLineWith } from '../../../src/cli/tail/show/message-line.ts';
import { recordOf } from '../../tail/fake.ts';

test('what --wide adds and has no room goes on below, cell by cell, and no word is broken', async () => {
  const style = await styleFor(0);
  const record = recordOf(
    JSON.stringify({
      task_id: 'a1b2c3d4-0000-4000-8000-000000000000',
      parent_task_id: '99999999-0000-4000-8000-000000000000',
      worker_type: 'summarizer_of_documents',
      model_tier: 'standard',
      payload: { text: 'the whole of what was said about the matter in April' },
    }),
    { subject: 'heddle.tasks.summarizer_of_documents.standard' },
  );
  for (const width of [40, 60, 80, 100, 120, 200]) {
    const text = messageLineWith({ color: 0, unicode: true, width, style } as never, true, [])(record, style);
    const lines = text.split('\n');
    for (const line of lines)
      assert.ok(line.length <= Math.max(width, 59), `${width}: ${line.length} in ${JSON.stringify(line)}`);
    for (const line of lines.slice(1)) assert.match(line, /^ {14} *\S/, text);
    for (const word of [
      'summarizer_of_documents',
      'standard',
      'a1b2c3d4',
      'heddle.tasks.summarizer_of_documents.standard',
      'goal 99999999',
    ])
      assert.ok(
        lines.some((line) => line.includes(word)),
        `${width}: ${word} in\n${text}`,
      );
    if (width >= 80) assert.match(text, /\{"text":"the whole/, text);
  }
});
