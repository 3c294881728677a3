import assert from 'node:assert/strict';
import { exec, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { readDocument, readText } from '../../src/config/document.ts';
import { SCHEME_NAMES } from '../../src/config/views/gateway-config/schemes.ts';
import { validate } from '../../src/validate/engine.ts';
import { RULES } from '../../src/validate/rules/list.ts';
import { actors } from '../gateway/bus.ts';
import { startGateway } from '../gateway/start.ts';
import { BUSES } from '../helpers/buses.ts';
import { runCli } from '../helpers/fake-io.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { blocksOf, pattern } from '../helpers/page.ts';
import { inProject } from '../helpers/root.ts';

noLeaks();

const blocks = blocksOf('docs', 'gateway.md');

test('every config of the page is one that the rules agree with', () => {
  const configs = blocks.filter(({ language, marks }) => language === 'yaml' && marks.has('gateway'));
  assert.equal(configs.length, 4);
  for (const { text } of configs) {
    const { files } = validate([readDocument('gateway.yaml', Buffer.from(text))], { rules: RULES });
    assert.deepEqual([files[0]?.kind, files[0]?.findings], ['gateway', []], text);
  }
});

test('the Deployment of docs/kubernetes.md starts a gateway as the command line has it', async () => {
  const block = blocksOf('docs', 'kubernetes.md').find(({ marks }) => marks.has('gateway'));
  const document = readText('manifest', block?.text ?? '');
  assert.deepEqual(document.problems, []);
  const args = /args: \[(.*)\]/.exec(block?.text ?? '')?.[1]?.split(', ') ?? [];
  const run = await runCli([...args, '--no-env-file', '--no-nats-context'], { cwd: '/' });
  assert.match(run.stderr, /\/etc\/heddle\/gateway\.yaml: there is no such file/, 'and nothing else is wrong with it');
});

test('every scheme stands in the table of the page', () => {
  const page = readFileSync(inProject('docs', 'gateway.md'), 'utf8');
  for (const name of SCHEME_NAMES) assert.ok(new RegExp(`^\\|[^|]*\`${name}\``, 'm').test(page), name);
});

const curl = spawnSync('curl', ['--version']).status === 0;

test('what the page asks with curl is answered as the page says', {
  skip: curl ? false : 'no curl on this machine',
}, async (t) => {
  const { connect } = await (BUSES[0] ?? assert.fail()).start(t);
  await actors(t, await connect(), 0, 'local');
  const gateway = await startGateway(t, await connect({ reconnect: true }));
  let asked = 0;
  for (const [at, { language, marks, text }] of blocks.entries()) {
    if (language !== 'sh' || !marks.has('curl')) continue;
    const command = text.trim().replace('http://127.0.0.1:8787', gateway.url);
    const { stdout: answer } = await promisify(exec)(command);
    assert.match(`${answer}\n`, pattern(blocks[at + 1]?.text ?? '', false));
    asked += 1;
  }
  assert.equal(asked, 2);
});
