import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startBroker } from '../../src/broker/broker.ts';
import { readText } from '../../src/config/document.ts';
import { toPlain } from '../../src/config/plain.ts';
import { CHECKS } from '../../src/preflight/checks/list.ts';
import { runCli, startCli } from '../helpers/fake-io.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { freePort } from '../helpers/ports.ts';
import { inProject } from '../helpers/root.ts';
import { act, type actAll, DEAD_LETTERS, HEALTHY, llmWorker, PIPELINE, processor, ROUTER } from './actors.ts';
import { folderFor, HOME } from './faults.ts';

noLeaks();

const update = process.env.UPDATE_GOLDEN === '1';
const pathOf = (page: string): string => inProject('docs', `${page}.md`);
const read = (page: string): string => readFileSync(pathOf(page), 'utf8');

test('docs/checks.md lists every check', () => {
  const page = read('checks');
  const rows = CHECKS.map(({ id, level, title }) => `| \`${id}\` | ${level} | ${title} |`);
  const table = ['| Check | Level | True when it passes |', '|---|---|---|', ...rows, ''].join('\n');
  const place = /(<!-- checks: .*-->\n)[\s\S]*?(<!-- \/checks -->)/;
  const renewed = page.replace(place, (_, start: string, end: string) => `${start}${table}${end}`);
  if (update) writeFileSync(pathOf('checks'), renewed);
  else assert.equal(page, renewed, 'UPDATE_GOLDEN=1 renews it');
});

/** The bus that a block of docs/runbook.md runs against; each gives its address. */
const WORLDS: Readonly<Record<string, (t: TestContext, folder: string) => Promise<string>>> = {
  healthy: async (t) => await busWith(t, HEALTHY),
  down: async () => `nats://127.0.0.1:${await freePort()}`,
  // Its process lives, and has no connection.
  zombie: async (t) => await busWith(t, [PIPELINE, DEAD_LETTERS]),
  doubled: async (t, folder) => {
    writeFileSync(join(folder, 'echo.yaml'), 'name: echo\nworker_kind: processor\nprocessing_backend: app.Echo\n');
    writeFileSync(join(folder, 'router_rules.yaml'), 'tier_overrides:\n  echo: standard\nrate_limits: {}\n');
    return await busWith(t, [ROUTER, ROUTER, PIPELINE, DEAD_LETTERS, processor('echo'), llmWorker('echo', 'local')]);
  },
  answering: async (t) => {
    const url = await busWith(t, [processor('echo'), PIPELINE, DEAD_LETTERS]);
    const bus = await act(t, url, { hears: [] });
    bus.subscribe(
      'heddle.tasks.incoming',
      ({ data }) => {
        const task = JSON.parse(new TextDecoder().decode(data)) as Record<string, string>;
        const { task_id, parent_task_id, worker_type } = task;
        const result = { task_id, parent_task_id, worker_type, status: 'completed', output: {} };
        bus.publish(`heddle.results.${parent_task_id}`, JSON.stringify(result));
      },
      { queue: 'router' },
    );
    await bus.flush();
    return url;
  },
};

const BLOCK = /<!-- run: (\w+) -->\n```console\n([\s\S]*?)```/g;

test('docs/runbook.md shows what its commands say', async (t) => {
  const page = read('runbook');
  let renewed = page;
  for (const [block, world = '', content = ''] of page.matchAll(BLOCK)) {
    const command = /^\$ heddle-ts (.*)$/m.exec(content)?.[1] ?? '';
    await t.test(`${world}: ${command}`, async (t) => {
      const folder = folderFor(t);
      const make = WORLDS[world];
      assert.ok(make, `there is no world "${world}"`);
      const url = await make(t, folder);
      const { code, stdout, stderr } = await runCli(wordsOf(command), {
        cwd: folder,
        home: join(folder, HOME),
        env: { NATS_URL: url },
      });
      assert.ok([0, 1, 3].includes(code), stderr);
      const shown = `<!-- run: ${world} -->\n\`\`\`console\n$ heddle-ts ${command}\n${same(stdout, url)}\`\`\``;
      renewed = renewed.replace(block, () => shown);
      if (!update) assert.equal(block, shown, 'UPDATE_GOLDEN=1 renews it');
    });
  }
  if (update) writeFileSync(pathOf('runbook'), renewed);
});

test('the manifests of docs/kubernetes.md are YAML, and their commands run', async (t) => {
  const url = await busWith(t, [...HEALTHY, llmWorker('summarizer')]);
  const blocks = [...read('kubernetes').matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = '']) => text);
  let ran = 0;
  for (const text of blocks) {
    const document = readText('manifest', text);
    assert.deepEqual(document.problems, []);
    assert.ok(document.root);
    const commands = stringLists(toPlain(document.root)).filter(
      ([program, name]) => program === 'heddle-ts' && name === 'preflight',
    );
    assert.ok(commands.length > 0, text);
    for (const [, ...argv] of commands) {
      const serves = argv.indexOf('--serve');
      if (serves < 0) {
        const { code, stdout, stderr } = await runCli(argv, { env: { NATS_URL: url } });
        assert.equal(code, 0, `${argv.join(' ')}: ${stdout}${stderr}`);
      } else {
        const { io, exit } = startCli(argv.with(serves + 1, '127.0.0.1:0'), { env: { NATS_URL: url } });
        await io.seen(/serving http/);
        io.signal('SIGTERM');
        assert.equal(await exit, 143);
      }
      ran += 1;
    }
  }
  assert.equal(ran, 4);
});

async function busWith(t: TestContext, actors: Parameters<typeof actAll>[2]): Promise<string> {
  const broker = await startBroker();
  t.after(() => broker.close());
  // One after the other: their order on the bus is part of what is shown.
  for (const actor of actors) await act(t, broker.url, actor);
  return broker.url;
}

/** As a shell splits it: single quotes keep a word together. */
function wordsOf(command: string): string[] {
  return [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}

/** What differs from run to run, made the same; the bus as the reader has it. */
function same(text: string, url: string): string {
  return text
    .replaceAll(url, 'nats://localhost:4222')
    .replaceAll('(environment NATS_URL)', '(default)')
    .replaceAll(url.replace('nats://', ''), 'localhost:4222')
    .replace(/127\.0\.0\.1:\d{5}\b/g, '127.0.0.1:54321')
    .replace(/heddle-ts \d+\.\d+\.\d+[\w.-]*,/g, 'heddle-ts,')
    .replace(/nats-server \d[\w.-]*/g, 'nats-server')
    .replace(/^(.*server is recent enough: ).*$/m, '$1nats-server')
    .replace(/nats\.js \d[\w.-]*/g, 'nats.js')
    .replace(/round trip [\d.]+ ms/, 'round trip 0.2 ms')
    .replace(/after [\d.]+ ms/, 'after 3 ms')
    .replace(/\(\d[\d.]*m?s\)/, '(25ms)')
    .replace(/^( .* \d+) +[\d.]+m?s$/gm, '$1  0.3ms')
    .replace(/HANDLED +RTT/, 'HANDLED    RTT');
}

/** Every list of texts in a document, however deep. */
function stringLists(value: unknown): string[][] {
  if (Array.isArray(value)) {
    return value.every((each) => typeof each === 'string') ? [value as string[]] : value.flatMap(stringLists);
  }
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(stringLists) : [];
}
