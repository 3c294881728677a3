import type { Probe } from './probe.ts';

/** Which variables a tier's models are reached by; one of them is enough. From Heddle's runbook. */
export const TIER_NEEDS: Readonly<Record<string, readonly string[]>> = {
  local: ['LM_STUDIO_URL', 'OLLAMA_URL'],
  standard: ['ANTHROPIC_API_KEY'],
  frontier: ['ANTHROPIC_API_KEY'],
};

/** The keys of `~/.heddle/config.yaml` that stand in for variables. */
const DEFAULTS_KEY: Readonly<Record<string, string>> = {
  LM_STUDIO_URL: 'lm_studio_url',
  OLLAMA_URL: 'ollama_url',
  ANTHROPIC_API_KEY: 'anthropic_api_key',
  HEDDLE_LOCAL_BACKEND: 'local_backend',
};

/** A value and where it stands. An empty variable is none, and does not hide the file, as in Heddle. */
export function heddleValue(probe: Probe, variable: string): { value: string; source: string } | undefined {
  const set = probe.env.get(variable);
  if (set !== undefined) return set;
  const key = DEFAULTS_KEY[variable];
  const { values, path } = probe.heddleDefaults;
  const value = key === undefined ? undefined : values.get(key);
  return value === undefined ? undefined : { value, source: `${path} (${key})` };
}

export interface TierState {
  readonly served: boolean;
  /** `OLLAMA_URL from environment`, or `neither LM_STUDIO_URL nor OLLAMA_URL is set`. */
  readonly inWords: string;
}

/** Undefined for a tier that is none of Heddle's: nothing is known of its needs. */
export function tierState(probe: Probe, tier: string): TierState | undefined {
  const needs = Object.hasOwn(TIER_NEEDS, tier) ? TIER_NEEDS[tier] : undefined;
  if (needs === undefined) return undefined;
  for (const variable of needs) {
    const found = heddleValue(probe, variable);
    if (found !== undefined) return { served: true, inWords: `${variable} from ${found.source}` };
  }
  const empty = needs.filter((variable) => probe.env.isEmpty(variable));
  const besides = empty.length === 0 ? '' : ` (${empty.join(' and ')} set to nothing)`;
  const [only, other] = needs;
  const inWords =
    other === undefined ? `${only} is not set${besides}` : `neither ${only} nor ${other} is set${besides}`;
  return { served: false, inWords };
}

/** The tiers that were named, and those that the LLM workers among the configs run on; a processor needs no model. */
export function askedTiers(probe: Probe): readonly string[] {
  const fromConfigs = probe.expected.workers.filter(({ kind }) => kind === 'llm').map(({ ownTier }) => ownTier);
  return [...new Set([...probe.ask.tiers, ...fromConfigs])];
}
