import assert from 'node:assert/strict';
import { exec, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { splitCommand } from '../../src/child/split-command.ts';
import { TEMPLATE_FIELDS } from '../../src/cli/tail/show/template.ts';
import { readDocument } from '../../src/config/document.ts';
import { SCHEME_NAMES } from '../../src/config/views/gateway-config/schemes.ts';
import { InputNumbers, mqttFamilies } from '../../src/gateway/mqtt/numbers.ts';
import { ACTIONS } from '../../src/gateway/workers/action.ts';
import * as client from '../../src/gateway-client.ts';
import * as sdk from '../../src/index.ts';
import { KINDS } from '../../src/letters/kind.ts';
import { FAIL_WORDS } from '../../src/tail/ending.ts';
import * as testing from '../../src/testing.ts';
import { validate } from '../../src/validate/engine.ts';
import { RULES } from '../../src/validate/rules/list.ts';
import { workerMetrics } from '../../src/worker/metrics.ts';
import { actors } from '../gateway/bus.ts';
import { startGateway } from '../gateway/start.ts';
import { BUSES } from '../helpers/buses.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { blocksOf, pattern } from '../helpers/page.ts';
import { inProject } from '../helpers/root.ts';

noLeaks();

// What pages list is what there is, and their configs, imports and requests are right: docs/<page>.md each.

const read = (page: string): string => readFileSync(inProject('docs', `${page}.md`), 'utf8');
const all = (text: string, what: RegExp): string[] => [...text.matchAll(what)].map(([, name = '']) => name);
const between = (page: string, what: RegExp): string => what.exec(read(page))?.[1] ?? assert.fail(`${page}: ${what}`);

interface List {
  readonly page: string;
  readonly of: string;
  readonly told: () => readonly string[];
  readonly there: () => readonly string[];
  /** The page may name more: other things stand in the same form. */
  readonly among?: true;
}

const MQTT = mqttFamilies([{ name: 'x', up: true, inflight: 0, held: 0, numbers: new InputNumbers() }]);
const SIDECAR = {
  name: 's',
  state: 'up',
  address: undefined,
  reason: undefined,
  starts: 1,
  deaths: 0,
  badLines: 0,
} as const;

const LISTS: readonly List[] = [
  {
    page: 'tail',
    of: 'fields of --template',
    told: () => all(between('tail', /^Fields: ([\s\S]*?)\.\n/m), /`(\w+)`/g),
    there: () => Object.keys(TEMPLATE_FIELDS),
  },
  {
    page: 'tail',
    of: 'words of --fail-on',
    told: () => all(between('tail', /`--fail-on` knows ([\s\S]*?)\. Ctrl/), /`(\w+)`/g),
    there: () => [...FAIL_WORDS],
  },
  {
    page: 'dead-letter',
    of: 'kinds of letters',
    told: () => all(read('dead-letter'), /^\| `(\w+)` \|/gm),
    there: () => [...KINDS],
  },
  {
    page: 'gateway',
    of: 'schemes of webhooks',
    told: () => all(read('gateway'), /^\|([^|]*`[^|]*)\|/gm).flatMap((cell) => all(cell, /`([\w-]+)`/g)),
    there: () => [...SCHEME_NAMES],
    among: true,
  },
  {
    page: 'http-workers',
    of: 'actions',
    told: () => all(read('http-workers'), /^\|([^|]*`[^|]*)\|/gm).flatMap((cell) => all(cell, /`([\w-]+)`/g)),
    there: () => [...ACTIONS],
    among: true,
  },
  {
    page: 'mqtt',
    of: 'metrics',
    told: () => all(read('mqtt'), /\b(?:heddle_gateway_)?(mqtt_\w+)/g),
    there: () => MQTT.map(({ name }) => name.replace('heddle_gateway_', '')),
    among: true,
  },
  {
    page: 'mqtt',
    of: 'outcomes',
    told: () => all(read('mqtt'), /`(\w+)`/g),
    there: () =>
      MQTT.flatMap(({ samples }) => samples.map(([labels]) => labels.outcome ?? '')).filter(
        (each) => !['', 'sent', 'refused', 'failed'].includes(each),
      ),
    among: true,
  },
  {
    page: 'worker',
    of: 'metrics',
    told: () => [...new Set(all(read('worker'), /`(heddle_(?:worker|tasks?)_\w+)`/g))],
    there: () => [
      ...new Set(all(workerMetrics('x', 'local').text({ running: 0, waiting: 0 }, SIDECAR), /^# TYPE (\S+)/gm)),
    ],
  },
];

for (const { page, of, told, there, among } of LISTS) {
  test(`docs/${page}.md has the ${of}`, () => {
    const [named, real] = [told(), there()];
    assert.ok(real.length > 0);
    assert.deepEqual(
      real.filter((name) => !named.includes(name)),
      [],
      `docs/${page}.md leaves out ${of}`,
    );
    if (among !== true) assert.deepEqual([...named].sort(), [...real].sort());
  });
}

test('docs/worker.md says how commands are split', () => {
  const rows = between('worker', /\| written \| arguments \|\n\|---\|---\|\n((?:\|.*\n)+)/)
    .trimEnd()
    .split('\n');
  assert.ok(rows.length >= 6);
  for (const row of rows) {
    const [, written = '', args = ''] = /^\| `(.*?)` \| (.*) \|$/.exec(row) ?? [];
    assert.deepEqual(splitCommand(written), all(args, /``|`(.*?)`/g), written);
  }
});

const pages = readdirSync(inProject('docs')).filter((name) => name.endsWith('.md'));

test('every config of a gateway that a page shows is one that the rules agree with', () => {
  let judged = 0;
  for (const page of pages) {
    for (const { text, marks } of blocksOf('docs', page)) {
      if (!marks.has('gateway') || text.startsWith('apiVersion')) continue;
      const { files } = validate([readDocument('gateway.yaml', Buffer.from(text))], { rules: RULES });
      assert.deepEqual([files[0]?.kind, files[0]?.findings], ['gateway', []], `docs/${page}: ${text}`);
      judged += 1;
    }
  }
  assert.ok(judged >= 7, `${judged} configs`);
});

const FACES: Readonly<Record<string, object>> = {
  'heddle-ts': sdk,
  'heddle-ts/testing': testing,
  'heddle-ts/gateway-client': client,
};

test('what the pages import is there', () => {
  let found = 0;
  for (const page of ['README.md', ...pages.map((name) => `docs/${name}`)]) {
    const imports = readFileSync(inProject(page), 'utf8').matchAll(/import \{([^}]*)\} from '(heddle-ts[^']*)'/g);
    for (const [, names = '', face = ''] of imports) {
      for (const name of names.split(',').map((each) => each.trim())) {
        if (name === '' || name.startsWith('type ')) continue;
        found += 1;
        assert.ok(name in (FACES[face] ?? {}), `${page}: ${face} has no ${name}`);
      }
    }
  }
  assert.ok(found > 3, `${found} imports`);
});

const curl = spawnSync('curl', ['--version']).status === 0;

test('what the pages ask with curl is answered as they say', {
  skip: curl ? false : 'no curl on this machine',
}, async (t) => {
  const { connect } = await (BUSES[0] ?? assert.fail()).start(t);
  await actors(t, await connect(), 0, 'local');
  const gateway = await startGateway(t, await connect({ reconnect: true }), 'workers: {types: {ocr: {}}}\n');
  let task = '';
  const asked = new Map<string, number>();
  for (const page of pages) {
    const blocks = blocksOf('docs', page);
    for (const [at, { marks, text }] of blocks.entries()) {
      if (!marks.has('curl')) continue;
      const command = text.trim().replace('http://127.0.0.1:8787', gateway.url).replace('$TASK', task);
      const { stdout: answer } = await promisify(exec)(command);
      assert.match(`${answer}\n`, pattern(blocks[at + 1]?.text ?? '', false), `docs/${page}: ${command}`);
      task = /"task_id":"([^"]+)"/.exec(answer)?.[1] ?? task;
      asked.set(page, (asked.get(page) ?? 0) + 1);
    }
  }
  assert.ok(
    (asked.get('gateway.md') ?? 0) >= 2 && (asked.get('http-workers.md') ?? 0) >= 4,
    JSON.stringify([...asked]),
  );
});
