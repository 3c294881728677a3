import { integer, listOf, mapOf, positive, type Shape, text, tier } from './shape.ts';

export const stage: Shape = {
  fields: [
    { key: 'name', spec: text, required: true, nullIsMissing: true },
    { key: 'worker_type', spec: text, required: true },
    { key: 'tier', spec: tier, nullable: true },
    { key: 'input_mapping', spec: { is: 'map' }, nullable: true },
    { key: 'depends_on', spec: { is: 'list' }, nullable: true },
    { key: 'condition', spec: text, nullable: true },
    { key: 'timeout_seconds', spec: positive },
    { key: 'input_schema', spec: { is: 'json-schema' } },
    { key: 'output_schema', spec: { is: 'json-schema' } },
    { key: 'max_retries', spec: integer(0), nullable: true, silent: true },
  ],
  also: ['description', 'input_schema_ref', 'output_schema_ref'],
  instead: {
    worker: 'worker_type',
    type: 'worker_type',
    model_tier: 'tier',
    default_model_tier: 'tier',
    inputs: 'input_mapping',
    retries: 'max_retries',
    needs: 'depends_on',
    when: 'condition',
    if: 'condition',
    timeout: 'timeout_seconds',
  },
};

export const pipeline: Shape = {
  fields: [
    { key: 'name', spec: text, required: true },
    { key: 'pipeline_stages', spec: listOf(mapOf(stage)), required: true },
    { key: 'timeout_seconds', spec: positive },
    { key: 'max_concurrent_goals', spec: integer(1), nullable: true },
  ],
  also: ['description', 'version', 'tags', 'system_prompt', 'input_schema', 'output_schema'],
  instead: { stages: 'pipeline_stages', timeout: 'timeout_seconds' },
};
