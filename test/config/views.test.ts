import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readText } from '../../src/config/document.ts';
import { configKind, heddleKind } from '../../src/config/kind.ts';
import { keyText } from '../../src/config/node.ts';
import { readPipelineConfig } from '../../src/config/views/pipeline.ts';
import { readRouterRules } from '../../src/config/views/router.ts';
import { type ConfigResult, showProblem } from '../../src/config/views/view.ts';
import { readWorkerConfig } from '../../src/config/views/worker.ts';
import { checkShallow } from '../../src/contract/shallow-check.ts';

const document = (text: string) => readText('x.yaml', text);
const problems = (result: ConfigResult<unknown>): string[] => (result.ok ? [] : result.problems.map(showProblem));

test('kinds: as Heddle sees them, and as they are', () => {
  const table: [text: string, heddle: string, ours: string][] = [
    ['pipeline_stages:\n', 'pipeline', 'pipeline'],
    ['system_prompt: x\n', 'worker', 'worker'],
    ['processing_backend: x\n', 'worker', 'worker'],
    ['worker_kind:\n', 'worker', 'worker'],
    ['available_workers: []\n', 'orchestrator', 'orchestrator'],
    ['system_prompt: x\navailable_workers: []\n', 'worker', 'orchestrator'],
    ['system_prompt: x\ncheckpoint: {}\n', 'worker', 'orchestrator'],
    ['input_schema: {}\noutput_schema: {}\n', 'worker', 'worker'],
    ['input_schema: {}\n', 'unknown', 'worker'],
    ['tier_overrides: {}\n', 'unknown', 'router'],
    ['rate_limits:\n', 'unknown', 'router'],
    ['schedules: []\n', 'unknown', 'scheduler'],
    ['name: x\nagents: []\n', 'unknown', 'council'],
    ['name: x\ntools: {}\n', 'unknown', 'mcp'],
    ['name: x\nversion: "1.0.0"\ndescription: y\n', 'unknown', 'app'],
    ['name: x\n', 'unknown', 'unknown'],
    ['[]\n', 'unknown', 'unknown'],
    ['pipeline_stages: []\nsystem_prompt: x\n', 'pipeline', 'pipeline'],
  ];
  for (const [text, heddle, ours] of table) {
    const { root } = document(text);
    assert.deepEqual([heddleKind(root), configKind(root)], [heddle, ours], text);
  }
});

test('for the shallow check, properties stand in the order of the file, with the keys that they are', () => {
  const read = readWorkerConfig(
    document(
      'name: w\nworker_kind: processor\nprocessing_backend: a.b\ninput_schema:\n  type: object\n  properties: {"10": {type: string}, "9": {type: string}, b: {type: string}, 9: {type: string}}\n',
    ),
  );
  assert.ok(read.ok);
  const { inputContract, outputContract } = read.value;
  assert.ok(inputContract?.properties instanceof Map);
  assert.deepEqual([...inputContract.properties.keys()], ['10', '9', 'b', 9]);
  assert.equal(outputContract, undefined);
  assert.deepEqual(checkShallow({ 9: 1, 10: 1, b: 1 }, inputContract, 'input'), [
    'input.10: expected string',
    'input.9: expected string',
    'input.b: expected string',
  ]);
});

test('a key that is a float reads as Python writes it', () => {
  const written = ['1.0', '-0.0', '0.5', '1.5e+300', '1e-05', '0.0001', '1.0e+15', '1.0e+16', '123456789012345680.0'];
  const shown = [
    '1.0',
    '-0.0',
    '0.5',
    '1.5e+300',
    '1e-05',
    '0.0001',
    '1000000000000000.0',
    '1e+16',
    '1.2345678901234568e+17',
  ];
  for (const [at, key] of [...written, '.inf', '-.inf', '.nan'].entries()) {
    const { root } = document(`${key === '1e-05' ? '1.0e-05' : key}: x\n`);
    assert.ok(root?.kind === 'map');
    const [entry] = root.entries.values();
    assert.equal(keyText(entry!.key), [...shown, 'inf', '-inf', 'nan'][at]);
  }
});

test('a worker config, with what it leaves out', () => {
  const full = readWorkerConfig(
    document(
      'name: w\nworker_kind: processor\nprocessing_backend: a.B\ntimeout_seconds: 2.5\ninput_schema: {type: object, required: [x]}\nimplementation: {runtime: dotnet}\n',
    ),
  );
  assert.deepEqual(full, {
    ok: true,
    value: {
      name: 'w',
      kind: 'processor',
      tier: 'local',
      tierDeclared: false,
      timeoutSeconds: 2.5,
      processingBackend: 'a.B',
      implementation: { runtime: 'dotnet' },
      inputSchema: { type: 'object', required: ['x'] },
      outputSchema: undefined,
      inputContract: { type: 'object', required: ['x'] },
      outputContract: undefined,
    },
  });
  const llm = readWorkerConfig(document('name: w\nsystem_prompt: x\n'));
  assert.ok(llm.ok && llm.value.kind === 'llm' && llm.value.tier === 'standard');
  const frontier = readWorkerConfig(document('name: w\ndefault_model_tier: frontier\n'));
  assert.ok(frontier.ok && frontier.value.tier === 'frontier' && frontier.value.tierDeclared);
});

test('what a worker config does wrong comes back with its place', () => {
  const text =
    'name: no\nworker_kind: other\ndefault_model_tier: LOCAL\ntimeout_seconds: 0\ninput_schema: []\nprocessing_backend: 5\n';
  assert.deepEqual(problems(readWorkerConfig(document(text))), [
    "x.yaml:1:7: 'name' must be a string, not bool",
    "x.yaml:2:14: 'worker_kind' must be one of 'llm', 'processor'",
    "x.yaml:3:21: 'default_model_tier' must be one of 'local', 'standard', 'frontier'",
    "x.yaml:4:18: 'timeout_seconds' must be a positive number",
    "x.yaml:6:21: 'processing_backend' must be a string, not int",
    "x.yaml:5:15: 'input_schema' must be a mapping (a JSON Schema)",
  ]);
  assert.deepEqual(problems(readWorkerConfig(document('worker_kind:\n'))).length, 2);
  assert.match(problems(readWorkerConfig(document('- a\n')))[0]!, /^x\.yaml:1:1: the file is empty or not a mapping$/);
  assert.match(problems(readWorkerConfig(document('a: "\n')))[0]!, /^x\.yaml:\d+:\d+: missing closing/);
});

test('router rules', () => {
  const rules = readRouterRules(
    document(
      'tier_overrides: {a: local, __proto__: frontier}\nrate_limits:\n  local: {max_concurrent: 4, tokens_per_minute: 100}\n  frontier: {}\n',
    ),
  );
  assert.ok(rules.ok);
  assert.deepEqual(
    [...rules.value.tierOverrides],
    [
      ['a', 'local'],
      ['__proto__', 'frontier'],
    ],
  );
  assert.deepEqual(
    [...rules.value.rateLimits],
    [
      ['local', { maxConcurrent: 4, tokensPerMinute: 100 }],
      ['frontier', { maxConcurrent: 10, tokensPerMinute: undefined }],
    ],
  );
  assert.equal(problems(readRouterRules(document('tier_overrides:\nrate_limits:\n'))).length, 2);
  assert.deepEqual(
    problems(
      readRouterRules(
        document(
          'tier_overrides: {a: gpu, b: yes}\nrate_limits: {gpu: {}, local: {max_concurrent: 0}, frontier: {max_concurrent: null}, standard: 5}\n',
        ),
      ),
    ).length,
    6,
  );
});

test('a pipeline', () => {
  const pipeline = readPipelineConfig(
    document(
      'name: p\ntimeout_seconds: 5\npipeline_stages:\n  - name: a\n    worker_type: w\n    input_mapping: {x: goal.context.x}\n    max_retries: 2\n  - {name: b, worker_type: v, tier: frontier, depends_on: [a], condition: a.output.ok == true, timeout_seconds: 1}\n',
    ),
  );
  assert.ok(pipeline.ok);
  assert.deepEqual(
    pipeline.value.stages.map(({ name, workerType, tier, dependsOn, maxRetries, condition }) => [
      name,
      workerType,
      tier,
      dependsOn,
      maxRetries,
      condition,
    ]),
    [
      ['a', 'w', 'local', undefined, 2, undefined],
      ['b', 'v', 'frontier', ['a'], 0, 'a.output.ok == true'],
    ],
  );
  assert.deepEqual([...pipeline.value.stages[0]!.inputMapping], [['x', 'goal.context.x']]);
  assert.equal(problems(readPipelineConfig(document('name: p\npipeline_stages: 5\n'))).length, 1);
  assert.equal(
    problems(
      readPipelineConfig(
        document(
          'name: p\npipeline_stages: [{name: a, worker_type: w, depends_on: [1], max_retries: -1, input_mapping: {x: 5}}, 5]\n',
        ),
      ),
    ).length,
    4,
  );
});
