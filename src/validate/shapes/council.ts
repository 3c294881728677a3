import { listOf, mapOf, type Shape, text, tier } from './shape.ts';

const agent: Shape = {
  fields: [
    { key: 'name', spec: text, required: true },
    { key: 'worker_type', spec: text, nullable: true },
    { key: 'bridge', spec: text, nullable: true },
    { key: 'bridge_config', spec: { is: 'map' } },
    { key: 'tier', spec: tier },
    { key: 'role', spec: text },
    { key: 'sees_transcript_from', spec: listOf(text) },
  ],
  also: ['max_tokens_per_turn'],
  instead: { worker: 'worker_type', model_tier: 'tier' },
};
const convergence: Shape = {
  fields: [
    { key: 'method', spec: { is: 'choice', of: ['none', 'position_stability', 'llm_judge'] } },
    { key: 'backend_tier', spec: tier },
  ],
  also: ['threshold'],
};
const facilitator: Shape = {
  fields: [
    { key: 'tier', spec: tier },
    { key: 'synthesis_prompt', spec: text },
    { key: 'convergence_prompt', spec: text },
  ],
  also: [],
};

export const council: Shape = {
  fields: [
    { key: 'name', spec: text, required: true },
    { key: 'protocol', spec: { is: 'choice', of: ['round_robin', 'structured_debate', 'delphi'], hashes: true } },
    { key: 'agents', spec: listOf(mapOf(agent), 2), required: true },
    { key: 'convergence', spec: mapOf(convergence) },
    { key: 'facilitator', spec: mapOf(facilitator) },
  ],
  // Numbers as text are numbers to its loader; the budget rule looks at them.
  also: ['description', 'version', 'synthesis_timeout_seconds', 'max_rounds', 'timeout_seconds'],
  instead: { timeout: 'timeout_seconds', rounds: 'max_rounds' },
};
