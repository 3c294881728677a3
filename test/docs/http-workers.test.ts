import assert from 'node:assert/strict';
import { exec, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { readDocument } from '../../src/config/document.ts';
import { ACTIONS } from '../../src/gateway/workers/action.ts';
import { validate } from '../../src/validate/engine.ts';
import { RULES } from '../../src/validate/rules/list.ts';
import { actors } from '../gateway/bus.ts';
import { startGateway } from '../gateway/start.ts';
import { BUSES } from '../helpers/buses.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { blocksOf, pattern } from '../helpers/page.ts';
import { inProject } from '../helpers/root.ts';

noLeaks();

const blocks = blocksOf('docs', 'http-workers.md');

test('the config of the page is one that the rules agree with', () => {
  const configs = blocks.filter(({ marks }) => marks.has('gateway'));
  assert.ok(configs.length > 0);
  for (const { text } of configs) {
    const { files } = validate([readDocument('gateway.yaml', Buffer.from(text))], { rules: RULES });
    assert.deepEqual([files[0]?.kind, files[0]?.findings], ['gateway', []]);
  }
});

test('every action stands in the table of the page', () => {
  const page = readFileSync(inProject('docs', 'http-workers.md'), 'utf8');
  for (const name of ACTIONS) assert.ok(new RegExp(`^\\|[^|]*\`${name}\``, 'm').test(page), name);
});

const curl = spawnSync('curl', ['--version']).status === 0;

test('what the page asks with curl is answered as the page says', {
  skip: curl ? false : 'no curl on this machine',
}, async (t) => {
  const { connect } = await (BUSES[0] ?? assert.fail()).start(t);
  await actors(t, await connect(), 0, 'local');
  const gateway = await startGateway(t, await connect(), 'workers: {types: {ocr: {}}}\n');
  let task = '';
  let asked = 0;
  for (const [at, { marks, text }] of blocks.entries()) {
    if (!marks.has('curl')) continue;
    const command = text.trim().replace('http://127.0.0.1:8787', gateway.url).replace('$TASK', task);
    const { stdout: answer } = await promisify(exec)(command);
    assert.match(`${answer}\n`, pattern(blocks[at + 1]?.text ?? '', false));
    task = /"task_id":"([^"]+)"/.exec(answer)?.[1] ?? task;
    asked += 1;
  }
  assert.equal(asked, 4);
});
