import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { splitCommand } from '../../src/child/split-command.ts';
import { readText } from '../../src/config/document.ts';
import { toPlain } from '../../src/config/plain.ts';
import { blocksOf } from '../helpers/page.ts';
import { freePort } from '../helpers/ports.ts';
import { PROGRAM_QUOTED } from '../helpers/program-under-test.ts';
import { inProject, ROOT } from '../helpers/root.ts';

// docs/ci.md, action.yml and .pre-commit-hooks.yaml: what a runner would run is run, in a folder with configs of its own.

const skip = spawnSync('bash', ['-c', '']).error ? 'bash is not on this machine' : false;
const BAD = 'name: my worker\nworker_kind: processor\nprocessing_backend: a.B\ndefault_model_tier: Local\n';

function yaml(name: string, text: string): unknown {
  const document = readText(name, text);
  assert.deepEqual(document.problems, []);
  return toPlain(document.root ?? assert.fail(`${name} is empty`));
}

/** A project with the configs of this one, and a `heddle-ts` on its PATH. */
function project(t: TestContext): { folder: string; env: Record<string, string> } {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-ci-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(inProject('configs'), join(folder, 'configs'), { recursive: true });
  mkdirSync(join(folder, 'bin'));
  const program = `#!/bin/sh\nexec ${PROGRAM_QUOTED} "$@"\n`;
  writeFileSync(join(folder, 'bin', 'heddle-ts'), program, { mode: 0o755 });
  const path = [join(folder, 'bin'), dirname(process.execPath), process.env.PATH].join(':');
  return { folder, env: { PATH: path, HOME: folder, XDG_CONFIG_HOME: folder } };
}

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** As GitHub and GitLab run a step: it ends with the first command that fails. */
async function bash(script: string, cwd: string, env: Record<string, string>): Promise<Ran> {
  const run = promisify(execFile)('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script], { cwd, env });
  return await run.then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (failed: Ran) => failed,
  );
}

const action = yaml('action.yml', readFileSync(inProject('action.yml'), 'utf8')) as {
  inputs: Record<string, { default: string }>;
  runs: { steps: { run: string; env?: Record<string, string> }[] };
};

/** With the inputs where the runner would put them. */
async function runAction(given: Record<string, string>, folder: string, env: Record<string, string>): Promise<Ran> {
  const inputs = Object.fromEntries(Object.entries(action.inputs).map(([name, each]) => [name, each.default]));
  const all = { ...inputs, ...given };
  const ran = { code: 0, stdout: '', stderr: '' };
  for (const { run, env: named = {} } of action.runs.steps) {
    assert.doesNotMatch(run, /\$\{\{/, 'an input in a script would be run as a part of it');
    const values = Object.entries(named).map(([name, expression]) => {
      const input = /^\$\{\{ inputs\.([\w-]+) \}\}$/.exec(expression)?.[1] ?? '';
      return [name, all[input] ?? assert.fail(`${name}: ${expression}`)];
    });
    const step = await bash(run, folder, { ...env, ...Object.fromEntries(values), GITHUB_ACTION_PATH: ROOT });
    Object.assign(ran, { code: step.code, stdout: ran.stdout + step.stdout, stderr: ran.stderr + step.stderr });
    if (step.code !== 0) break;
  }
  return ran;
}

test('the action: annotations, a SARIF file, and the exit code of validate', { skip }, async (t) => {
  const { folder, env } = project(t);
  assert.deepEqual((await runAction({}, folder, env)).code, 0);
  writeFileSync(join(folder, 'configs', 'workers', 'bad.yaml'), BAD);
  const { code, stdout } = await runAction({ 'sarif-file': 'heddle.sarif' }, folder, env);
  assert.equal(code, 1);
  assert.match(stdout, /^::error file=configs\/workers\/bad\.yaml,line=4,col=21,endColumn=26,title=bad-value::/m);
  const sarif = JSON.parse(readFileSync(join(folder, 'heddle.sarif'), 'utf8'));
  const schema = JSON.parse(readFileSync(inProject('test', 'cli', 'sarif-2.1.0.schema.json'), 'utf8'));
  const keeps = new Ajv2020({ strict: false, validateFormats: false }).compile(schema);
  assert.ok(keeps(sarif), JSON.stringify(keeps.errors));
  assert.ok(JSON.stringify(sarif).includes('configs/workers/bad.yaml'));

  const ignored = { ignore: 'bad-value,name-unusable', paths: 'configs/workers\nconfigs/router_rules.yaml\n' };
  assert.equal((await runAction(ignored, folder, env)).code, 0);
  assert.equal((await runAction({ paths: 'elsewhere/' }, folder, env)).code, 2);
  assert.equal((await runAction({ 'sarif-file': 'x.sarif', 'fail-on': 'never' }, folder, env)).code, 2);
  const hostile = await runAction({ paths: 'configs"; touch pwned; "', ignore: '' }, folder, env);
  assert.equal(hostile.code, 2);
  assert.equal(spawnSync('test', ['-e', join(folder, 'pwned')]).status, 1);
});

test('docs/ci.md uses the action and the hook as they are', () => {
  const [workflow] = blocksOf('docs', 'ci.md').filter(({ marks }) => marks.has('github-action'));
  const { jobs } = yaml('workflow', workflow?.text ?? '') as {
    jobs: Record<string, { steps: { uses: string; with?: Record<string, string> }[] }>;
  };
  const used = Object.values(jobs)
    .flatMap(({ steps }) => steps)
    .find(({ uses }) => uses.includes('heddle-ts'));
  for (const input of Object.keys(used?.with ?? assert.fail())) assert.ok(input in action.inputs, input);
  const page = readFileSync(inProject('docs', 'ci.md'), 'utf8');
  for (const input of Object.keys(action.inputs)) assert.ok(page.includes(`| \`${input}\` |`), input);
});

test('the hook runs, with its own arguments and with those of the page', { skip }, async (t) => {
  const { folder, env } = project(t);
  cpSync(join(folder, 'configs'), join(folder, 'deploy', 'heddle'), { recursive: true });
  const hooks = yaml('hooks', readFileSync(inProject('.pre-commit-hooks.yaml'), 'utf8')) as {
    id: string;
    entry: string;
    args: string[];
    files: string;
  }[];
  const pages = blocksOf('docs', 'ci.md').filter(({ marks }) => marks.has('pre-commit'));
  assert.equal(pages.length, 2);
  const used = pages.flatMap(({ text }) =>
    (yaml('page', text) as { repos: { hooks: Partial<(typeof hooks)[0]>[] }[] }).repos.flatMap((repo) => repo.hooks),
  );
  for (const own of used) {
    const hook = { ...(hooks.find(({ id }) => id === own.id) ?? assert.fail(own.id)), ...own };
    const [program, ...argv] = [...splitCommand(hook.entry), ...hook.args];
    const checked = hook.args.at(-1) ?? '';
    assert.match(`${checked}workers/echo.yaml`, new RegExp(hook.files));
    const run = (): Promise<Ran> => bash([program, ...argv].join(' '), folder, env);
    assert.equal((await run()).code, 0);
    writeFileSync(join(folder, checked, 'workers', 'bad.yaml'), BAD);
    const { code, stdout } = await run();
    assert.equal(code, 1);
    assert.match(stdout, /workers\/bad\.yaml:4:21: error: /);
  }
});

test('every command of docs/ci.md runs', { skip }, async (t) => {
  const { folder, env } = project(t);
  writeFileSync(join(folder, 'recorded.ndjson'), '{"worker_type":"echo","payload":{}}\n');
  const port = String(await freePort());
  let ran = 0;
  for (const { text } of blocksOf('docs', 'ci.md').filter(({ marks }) => marks.has('run'))) {
    for (const script of scriptsOf(yaml('block', text))) {
      // The bus that the page means is there: the real one, in the step that looks at a deployment.
      const local = script.replaceAll('4222', port);
      const deployed = script.includes('--expect') && !script.includes('heddle-ts dev');
      const bus = `heddle-ts dev --bus builtin --port ${port} > dev.log & trap 'kill %1' EXIT\n`;
      const { code, stdout, stderr } = await bash(`${deployed ? bus : ''}${local}`, folder, {
        ...env,
        NATS_URL: `nats://127.0.0.1:${port}`,
      });
      assert.equal(code, 0, `${script}\n${stdout}${stderr}`);
      ran += 1;
    }
  }
  assert.equal(ran, 7);
  assert.match(readFileSync(join(folder, 'heddle.xml'), 'utf8'), /^<\?xml[\s\S]*<testsuites/);
  assert.match(readFileSync(join(folder, 'preflight.xml'), 'utf8'), /<testcase/);
});

/** What a runner gives to a shell: `run` of a step, the lines of `script`. */
function scriptsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(scriptsOf);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) => {
    if (key === 'run' && typeof each === 'string') return [each];
    return key === 'script' && Array.isArray(each) ? [each.join('\n')] : scriptsOf(each);
  });
}
