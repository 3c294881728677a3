import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Peer, PeerName } from './found.ts';
import { type Measured, measure, median, type Program } from './meter.ts';
import type { Row } from './row.ts';
import { of, own, some } from './starts.ts';

const MANY = 2_000;
const ROUNDS = { one: 11, many: 3 };

/** What a JSON Schema can say of such a worker; the rules of ours and of Heddle look at more than that. */
const SCHEMA = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  type: 'object',
  required: ['name', 'worker_kind', 'processing_backend', 'input_schema', 'output_schema'],
  properties: {
    name: { type: 'string', pattern: '^[a-z][a-z0-9_-]*$' },
    worker_kind: { enum: ['processor', 'llm'] },
    processing_backend: { type: 'string' },
    input_schema: { type: 'object', required: ['type'] },
    output_schema: { type: 'object', required: ['type'] },
    timeout_seconds: { type: 'number', exclusiveMinimum: 0 },
  },
};

export async function validation(peer: (name: PeerName) => Peer | undefined, folder: string): Promise<Row[]> {
  const configs = join(folder, 'workers');
  mkdirSync(configs);
  for (let at = 0; at < MANY; at += 1) writeFileSync(join(configs, `w${at}.yaml`), workerConfig(at));
  const schema = join(folder, 'worker.schema.json');
  writeFileSync(schema, JSON.stringify(SCHEMA));
  const [heddle, check, ajv] = (['heddle', 'check-jsonschema', 'ajv'] as const).map(peer);
  const rows: Row[] = [];
  for (const [what, rounds, files] of [
    ['1 file', ROUNDS.one, ['w0.yaml']],
    [`${MANY.toLocaleString('en')} files`, ROUNDS.many, undefined],
  ] as const) {
    const all = files ?? Array.from({ length: MANY }, (_, at) => `w${at}.yaml`);
    const shown = files === undefined ? 'workers/*.yaml' : 'workers/w0.yaml';
    const paths = all.map((name) => join(configs, name));
    const programs: (readonly [PeerName | 'ours', Program])[] = [
      ['ours', { ...own('validate', ...paths), shown: `heddle-ts validate ${shown}` }],
      ...some(heddle, (it) => ({ ...of(it, 'heddle', 'validate', ...paths), shown: `heddle validate ${shown}` })),
      ...some(check, (it) => ({
        ...of(it, 'check-jsonschema', '--schemafile', schema, ...paths),
        shown: `check-jsonschema --schemafile worker.schema.json ${shown}`,
      })),
      ...some(ajv, (it) => ({
        ...of(it, 'ajv', 'validate', '-s', schema, ...paths.flatMap((path) => ['-d', path])),
        shown: `ajv validate -s worker.schema.json -d ${shown}`,
      })),
    ];
    const found = programs.map((): Measured[] => []);
    for (let round = 0; round < rounds; round += 1) {
      for (const [at, [, program]] of programs.entries()) found[at]?.push(await measure(program));
    }
    for (const [unit, pick] of [
      ['ms', ({ ms }: Measured) => ms],
      ['MiB at most', ({ peakMib }: Measured) => peakMib],
    ] as const) {
      const value = (at: number): number => median((found[at] ?? []).map(pick));
      const [, ...theirs] = programs;
      rows.push({
        group: 'Validating configs of workers',
        what,
        unit,
        better: 'less',
        ours: { command: programs[0]?.[1].shown ?? '', value: value(0) },
        theirs: theirs.map(([who, program], at) => ({
          who: who as PeerName,
          command: program.shown,
          value: value(at + 1),
        })),
        note: '`check-jsonschema` and `ajv` hold the files to a schema of ten lines; ours and `heddle validate` to their rules.',
      });
    }
  }
  return rows;
}

function workerConfig(at: number): string {
  return `name: worker-${at}
worker_kind: processor
processing_backend: acme.backends.Backend${at}
default_model_tier: local
timeout_seconds: ${10 + (at % 50)}
input_schema:
  type: object
  required: [text]
  properties:
    text: {type: string, description: "what it works on"}
    pages: {type: integer, minimum: 1}
output_schema:
  type: object
  properties:
    text: {type: string}
    score: {type: number}
`;
}
