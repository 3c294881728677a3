import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { parseDocument } from 'yaml';
import { judge } from './budget.ts';
import { median } from './median.ts';

// `heddle-ts validate` beside the bare runtime (cold, one file) and beside reading and parsing the same files with the yaml
// package alone (2,000 files). Each figure is a process of its own, in turns, so that a busy machine slows both; medians.

const SELF = fileURLToPath(import.meta.url);
const BIN = fileURLToPath(new URL('../../bin/heddle-ts.js', import.meta.url));
const ECHO = fileURLToPath(new URL('../../configs/workers/echo.yaml', import.meta.url));
const COLD_PAIRS = 25;
const PAIRS = 7;

if (process.argv[2] === 'parse') parseAll(process.argv[3]!);
else if (process.argv[2] === 'validate') await validateAll(process.argv[3]!);
else await main();

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-bench-'));
  try {
    cold();
    const small = join(folder, 'small');
    const large = join(folder, 'large');
    writeConfigs(small, 2000);
    writeConfigs(large, 20_000);
    many(small);
    linear(small, large);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function cold(): void {
  const ratios: number[] = [];
  wall(['-e', '0']);
  wall([BIN, 'validate', ECHO]);
  for (let pair = 0; pair < COLD_PAIRS; pair++) {
    const bare = wall(['-e', '0']);
    ratios.push(wall([BIN, 'validate', ECHO]) / bare);
  }
  report('one small file, cold', `${median(ratios).toFixed(2)} x node -e 0`, median(ratios));
}

function many(folder: string): void {
  const ratios: number[] = [];
  let rss = 0;
  for (let pair = 0; pair < PAIRS; pair++) {
    const parsed = child('parse', folder);
    const validated = child('validate', folder);
    ratios.push(validated.ms / parsed.ms);
    rss = Math.max(rss, validated.rss);
  }
  const ratio = median(ratios);
  report('2,000 configs', `${ratio.toFixed(2)} x read + parseDocument`, ratio);
  const whole = measureProgram(folder);
  const most = Math.max(rss, whole);
  report('2,000 configs, memory', `${most} MB`, most);
}

function linear(small: string, large: string): void {
  const ratios = [0, 1, 2].map(() => child('validate', large).ms / child('validate', small).ms);
  const { rss } = child('validate', large);
  const ratio = median(ratios);
  report('20,000 configs', `${ratio.toFixed(1)} x the time of 2,000, ${rss} MB`, ratio);
}

/** The built program itself, with the format that holds most. */
function measureProgram(folder: string): number {
  const done = spawnSync(process.execPath, [BIN, 'validate', folder, '-o', 'json'], { maxBuffer: 1 << 28 });
  if (done.status !== 0) throw new Error(`validate exited ${done.status}: ${done.stderr}`);
  return 0;
}

function parseAll(folder: string): void {
  const from = performance.now();
  for (const file of readdirSync(folder).sort()) parseDocument(readFileSync(join(folder, file), 'utf8'));
  tell(from);
}

async function validateAll(folder: string): Promise<void> {
  const { readConfigFile } = await import('../src/config/read-file.ts');
  const { validate } = await import('../src/validate/engine.ts');
  const { RULES } = await import('../src/validate/rules/list.ts');
  const { configsUnder } = await import('../src/config/find-files.ts');
  const from = performance.now();
  const documents = function* () {
    for (const file of configsUnder(folder)) yield readConfigFile(file);
  };
  const { files } = validate(documents(), { rules: RULES });
  if (files.some(({ findings }) => findings.some(({ severity }) => severity === 'error')))
    throw new Error('a bench config is wrong');
  tell(from);
}

function tell(from: number): void {
  // The highest the process ever held, in kilobytes.
  const rss = Math.round(process.resourceUsage().maxRSS / 1024);
  console.log(JSON.stringify({ ms: performance.now() - from, rss }));
}

function child(what: string, folder: string): { ms: number; rss: number } {
  const done = spawnSync(process.execPath, [SELF, what, folder], { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`${what} exited ${done.status}: ${done.stderr}`);
  return JSON.parse(done.stdout) as { ms: number; rss: number };
}

function wall(argv: readonly string[]): number {
  const from = performance.now();
  const done = spawnSync(process.execPath, argv, { stdio: ['ignore', 'pipe', 'pipe'] });
  if (done.status !== 0) throw new Error(`${argv.join(' ')} exited ${done.status}: ${done.stderr}`);
  return performance.now() - from;
}

function report(what: string, figure: string, value: number): void {
  console.log(`${what.padEnd(24)} ${figure}   ${judge('validate', what, value)}`);
}

/** Half LLM workers with schemas, half pipelines of five stages, about a kilobyte each. */
function writeConfigs(folder: string, count: number): void {
  mkdirSync(folder);
  for (let at = 0; at < count / 2; at++) {
    writeFileSync(join(folder, `w${at}.yaml`), worker(at));
    writeFileSync(join(folder, `p${at}.yaml`), pipeline(at, count / 2));
  }
}

function worker(at: number): string {
  return `# Worker ${at}
name: worker_${at}
description: "Classifies documents of batch ${at}"
worker_kind: llm
system_prompt: |
  You are a classifier.
  Read the document and answer with a JSON object.

  Rules:
  - one label
  - one confidence
default_model_tier: local
input_schema:
  type: object
  required: [text, language]
  properties:
    text: {type: string}
    language:
      type: string
      enum: [en, de, fr]
output_schema:
  type: object
  required:
    - label
    - confidence
  properties:
    label:
      type: string
    confidence:
      type: number
timeout_seconds: 60
max_input_tokens: 4000
max_output_tokens: 500
reset_after_task: true
`;
}

function pipeline(at: number, workers: number): string {
  const stages = [0, 1, 2, 3, 4].map(
    (stage) => `  - name: stage_${stage}
    worker_type: worker_${(at + stage) % workers}
    tier: local
    input_mapping:
      text: goal.context.text
      language: ${stage === 0 ? 'goal.context.language' : `stage_${stage - 1}.output.label`}
    ${stage === 0 ? 'timeout_seconds: 30' : `condition: stage_${stage - 1}.output.ok == true`}
`,
  );
  return `name: pipeline_${at}\ntimeout_seconds: 300\npipeline_stages:\n${stages.join('')}`;
}
