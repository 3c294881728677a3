import { any, integer, listOf, mapOf, positive, type Shape, text } from './shape.ts';

const checkpoint: Shape = {
  fields: [
    { key: 'token_threshold', spec: integer(1), nullable: true },
    { key: 'recent_window', spec: integer(0), nullable: true },
  ],
  also: ['enabled', 'ttl_seconds'],
};

const availableWorker: Shape = {
  fields: [
    { key: 'name', spec: any, required: true },
    { key: 'description', spec: any, required: true },
  ],
  also: ['tier', 'default_tier', 'input_schema', 'output_schema', 'worker_type'],
};

export const orchestrator: Shape = {
  fields: [
    { key: 'name', spec: text, required: true },
    { key: 'system_prompt', spec: text, required: true },
    { key: 'checkpoint', spec: mapOf(checkpoint), nullable: true },
    { key: 'max_concurrent_goals', spec: integer(1), nullable: true },
    { key: 'max_concurrent_tasks', spec: integer(1), nullable: true },
    { key: 'timeout_seconds', spec: positive },
    { key: 'available_workers', spec: listOf(mapOf(availableWorker)), nullable: true },
  ],
  also: [
    'description',
    'version',
    'tags',
    'max_input_tokens',
    'max_output_tokens',
    'synthesis_prompt',
    'knowledge_silos',
  ],
  instead: { prompt: 'system_prompt', workers: 'available_workers', timeout: 'timeout_seconds' },
};
