import { listOf, mapOf, type Shape, text } from './shape.ts';

const reference: Shape = {
  fields: [
    { key: 'config', spec: text, required: true },
    { key: 'tier', spec: text, nullable: true },
    { key: 'name', spec: text, nullable: true },
    { key: 'description', spec: text, nullable: true },
  ],
  also: [],
};
export const ENTRY_KINDS = ['workers', 'pipelines', 'schedulers', 'mcp'] as const;
const entries: Shape = { fields: ENTRY_KINDS.map((key) => ({ key, spec: listOf(mapOf(reference)) })), also: [] };
const python: Shape = {
  fields: [
    { key: 'name', spec: text, required: true },
    { key: 'install_path', spec: text },
  ],
  also: [],
};
const script: Shape = {
  fields: [
    { key: 'path', spec: text, required: true },
    { key: 'description', spec: text },
  ],
  also: [],
};

export const app: Shape = {
  fields: [
    { key: 'name', spec: text, required: true },
    { key: 'version', spec: text, required: true },
    { key: 'description', spec: text, required: true },
    { key: 'heddle_version', spec: text },
    { key: 'required_extras', spec: listOf(text) },
    { key: 'python_package', spec: mapOf(python), nullable: true },
    { key: 'entry_configs', spec: mapOf(entries) },
    { key: 'scripts', spec: listOf(mapOf(script)) },
  ],
  also: [],
};
