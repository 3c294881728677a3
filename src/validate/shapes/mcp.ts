import { listOf, mapOf, type Shape, type Spec, text } from './shape.ts';

const workerTool: Shape = {
  fields: [
    { key: 'config', spec: text, required: true },
    { key: 'name', spec: text },
    { key: 'description', spec: text },
    { key: 'tier', spec: text },
  ],
  also: [],
};
const pipelineTool: Shape = {
  fields: [
    { key: 'config', spec: text, required: true },
    { key: 'name', spec: text, required: true },
    { key: 'description', spec: text },
  ],
  also: ['timeout', 'timeout_seconds'],
};
const queryTool: Shape = {
  fields: [
    { key: 'backend', spec: text, required: true },
    { key: 'actions', spec: { is: 'list' }, required: true },
    { key: 'name_prefix', spec: text, required: true },
    { key: 'backend_config', spec: { is: 'map' } },
  ],
  also: ['description'],
};
const enable = (...of: string[]): Spec => listOf({ is: 'choice', of, hashes: true });
const workshop: Shape = {
  fields: [
    { key: 'configs_dir', spec: text },
    { key: 'apps_dir', spec: text },
    { key: 'enable', spec: enable('worker', 'test', 'eval', 'impact', 'deadletter') },
  ],
  also: ['db_path'],
};
const session: Shape = {
  fields: [
    ...['framework_dir', 'workspace_dir', 'baft_dir', 'nats_url', 'ollama_url'].map((key) => ({ key, spec: text })),
    { key: 'enable', spec: enable('start', 'end', 'status', 'sync_check', 'sync') },
  ],
  also: [],
};
const tools: Shape = {
  fields: [
    { key: 'workers', spec: listOf(mapOf(workerTool)) },
    { key: 'pipelines', spec: listOf(mapOf(pipelineTool)) },
    { key: 'queries', spec: listOf(mapOf(queryTool)) },
    { key: 'workshop', spec: mapOf(workshop), nullable: true },
    { key: 'session', spec: mapOf(session), nullable: true },
  ],
  also: ['council'],
};
const resources: Shape = {
  fields: [
    { key: 'workspace_dir', spec: text, required: true },
    { key: 'patterns', spec: { is: 'list' }, nullable: true },
  ],
  also: [],
};

export const mcp: Shape = {
  fields: [
    { key: 'name', spec: text, required: true },
    { key: 'description', spec: text },
    { key: 'nats_url', spec: text },
    { key: 'tools', spec: mapOf(tools) },
    { key: 'resources', spec: mapOf(resources), nullable: true },
  ],
  also: ['version', 'tool_timeout_seconds'],
};
