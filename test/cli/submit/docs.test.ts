import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCli } from '../../helpers/fake-io.ts';
import { inProject } from '../../helpers/root.ts';
import { type Bus, busFor, echo, startEchoBus, startRouter, startWorker } from '../../submit/actors.ts';

/** docs/submit.md shows commands with what they print: each is run here, on the bus that its place in the page means. */
interface Shown {
  readonly argv: readonly string[];
  readonly output: string;
}

const page = readFileSync(inProject('docs', 'submit.md'), 'utf8');
const shown: Shown[] = [...page.matchAll(/```console\n\$ heddle-ts ([^\n]*)\n([\s\S]*?)```/g)].map((match) => ({
  argv: words(match[1] as string),
  output: match[2] as string,
}));

/** Words as a shell splits them; enough for what the page shows. */
function words(line: string): string[] {
  return [...line.matchAll(/(?:[^\s'"]|'[^']*'|"[^"]*")+/g)].map(([word]) =>
    word.replaceAll(/'([^']*)'|"([^"]*)"/g, '$1$2'),
  );
}

/** What differs from run to run. */
function normalised(text: string): string {
  return text
    .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '<id>')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
    .replaceAll(/ +[\d.]+ms {2}/g, '<ms>  ')
    .replaceAll(/\b[\d.]+ ?(?:ms|s)\b/g, '<ms>')
    .replaceAll(/\([\d,]+\/s/g, '(<rate>/s')
    .trimEnd();
}

test('every command on the page prints what the page shows', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-docs-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'tasks.ndjson'), '{"n":1}\n{"n":2}\n{"n":3}\n');
  const complete = await startEchoBus(t);
  const empty = await busFor(t);
  const overridden = await busFor(t);
  await startRouter(await overridden.connect('router'), { overrides: { echo: 'local' } });
  await startWorker(await overridden.connect('worker'), echo);

  assert.equal(shown.length, 6);
  for (const { argv, output } of shown) {
    const bus: Bus = output.includes('no router listens') ? empty : argv.includes('--trace') ? overridden : complete;
    const run = await runCli(argv, { cwd: folder, env: { NATS_URL: bus.url } });
    assert.equal(normalised(run.stdout + run.stderr), normalised(output), argv.join(' '));
  }
});
