import { entryOf, isString, type MapNode } from '../../config/node.ts';
import { any, positive, type Shape, text, tier, truth } from './shape.ts';

const kindIs = (kind: string) => (map: MapNode) => {
  const node = entryOf(map, 'worker_kind')?.value;
  return node === undefined ? kind === 'llm' : isString(node) && node.value === kind;
};
const isProcessor = kindIs('processor');

const silo: Shape = {
  fields: [
    { key: 'name', spec: text, required: true },
    { key: 'type', spec: text, required: true },
    // Heddle leaves a silo without a usable type alone.
    { key: 'required', spec: truth, when: (map) => isString(entryOf(map, 'type')?.value) },
  ],
  also: ['path', 'permissions', 'provider', 'config', 'description'],
};
const folder: Shape = {
  fields: [
    { key: 'path', spec: text, required: true },
    { key: 'permissions', spec: { is: 'choice', of: ['read', 'read_write'] } },
  ],
  also: [],
};
const tool: Shape = {
  fields: [
    { key: 'provider', spec: text, required: true },
    { key: 'config', spec: { is: 'map' } },
  ],
  also: [],
};

/** A worker in another language says how it is run, and has no Python class to import. */
export const isForeign = (map: MapNode): boolean =>
  isProcessor(map) && map.entries.has('implementation') && !map.entries.has('processing_backend');

export const worker: Shape = {
  fields: [
    { key: 'name', spec: text, required: true },
    { key: 'worker_kind', spec: { is: 'choice', of: ['llm', 'processor'] } },
    { key: 'system_prompt', spec: text, required: true, when: kindIs('llm') },
    { key: 'processing_backend', spec: text, required: true, when: isProcessor, heddleOnlyMissing: isForeign },
    { key: 'default_model_tier', spec: tier, nullable: true },
    { key: 'input_schema', spec: { is: 'json-schema' } },
    { key: 'output_schema', spec: { is: 'json-schema' } },
    { key: 'timeout_seconds', spec: positive },
    { key: 'max_input_tokens', spec: positive },
    { key: 'max_output_tokens', spec: positive },
    { key: 'reset_after_task', spec: { is: 'true' }, nullable: true },
    {
      key: 'knowledge_silos',
      spec: { is: 'list', item: { is: 'one-of', by: 'type', shapes: { '': silo, folder, tool } } },
    },
    { key: 'knowledge_sources', spec: { is: 'list', item: any } },
    { key: 'resolve_file_refs', spec: { is: 'list' } },
  ],
  also: [
    'description',
    'version',
    'tags',
    'implementation',
    'backend_config',
    'workspace_dir',
    'input_schema_ref',
    'output_schema_ref',
    'temperature',
    'model',
    'max_tokens',
  ],
  instead: {
    tier: 'default_model_tier',
    model_tier: 'default_model_tier',
    prompt: 'system_prompt',
    backend: 'processing_backend',
    timeout: 'timeout_seconds',
  },
};
