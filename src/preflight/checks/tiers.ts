import { type FetchOptions, fetchText } from '../../topology/fetch-text.ts';
import { type Check, type Finding, failed, passed, skipped, verdictOn } from '../check.ts';
import { askedTiers, heddleValue, TIER_NEEDS, tierState } from '../tier-needs.ts';

/** Only tells: nobody said which tier this machine is meant to serve. */
const served: Check = {
  id: 'tiers.served',
  group: 'tiers',
  title: 'what tiers LLM workers on this machine can serve',
  level: 'advisory',
  applies: (probe) => askedTiers(probe).length === 0,
  run: (probe) => {
    const tiers = Object.keys(TIER_NEEDS).map((tier) => ({ tier, state: tierState(probe, tier) }));
    const can = tiers.filter(({ state }) => state?.served === true).map(({ tier }) => tier);
    const cannot = tiers.filter(({ state }) => state?.served !== true).map(({ tier }) => tier);
    if (cannot.length === 0) return passed(can.join(', '));
    if (can.length === 0) return passed('none, as no model is configured here; processors need none');
    return passed(`${can.join(', ')}; not ${cannot.join(', ')}`);
  },
};

const environment: Check = {
  id: 'tiers.environment',
  group: 'tiers',
  title: 'the variables that the tiers need are set',
  level: 'advisory',
  applies: (probe) => askedTiers(probe).length > 0,
  run: (probe) => {
    const findings: Finding[] = [];
    const fine: string[] = [];
    for (const tier of askedTiers(probe)) {
      const state = tierState(probe, tier);
      if (state === undefined) {
        findings.push({
          target: tier,
          problem: `"${tier}" is no tier of Heddle's: the router sends nothing there`,
          hint: `The tiers are ${Object.keys(TIER_NEEDS).join(', ')}.`,
        });
      } else if (state.served) {
        fine.push(`${tier}: ${state.inWords}`);
      } else {
        const { problem } = probe.heddleDefaults;
        const unread = problem === undefined ? '' : `; ~/.heddle/config.yaml could not be read (${problem})`;
        findings.push({
          target: tier,
          problem: `tier ${tier}: ${state.inWords}, and ~/.heddle/config.yaml names none${unread}`,
          remedy: { do: 'configure-tier', variables: TIER_NEEDS[tier] ?? [] },
        });
      }
    }
    return verdictOn(findings, fine.join('; '));
  },
};

const URL_OF: Readonly<Record<string, string>> = { lmstudio: 'LM_STUDIO_URL', ollama: 'OLLAMA_URL' };

const localBackend: Check = {
  id: 'tiers.local_backend',
  group: 'tiers',
  title: 'HEDDLE_LOCAL_BACKEND names a backend that has an address',
  level: 'advisory',
  applies: (probe) =>
    heddleValue(probe, 'HEDDLE_LOCAL_BACKEND') !== undefined &&
    (askedTiers(probe).length === 0 || askedTiers(probe).includes('local')),
  run: (probe) => {
    const chosen = heddleValue(probe, 'HEDDLE_LOCAL_BACKEND');
    const name = chosen?.value.trim().toLowerCase() ?? '';
    const needed = Object.hasOwn(URL_OF, name) ? URL_OF[name] : undefined;
    // Heddle takes any other word for no choice at all.
    if (needed === undefined) return passed(`"${name}" is no backend; Heddle takes the address that is set`);
    if (heddleValue(probe, needed) !== undefined) return passed(`${name}, at ${needed}`);
    const other = Object.values(URL_OF).find((each) => each !== needed && heddleValue(probe, each) !== undefined);
    const contradiction = other === undefined ? 'and no address is set' : `but only ${other} is set`;
    return failed({
      target: name,
      problem: `HEDDLE_LOCAL_BACKEND is ${name} (${chosen?.source}), ${contradiction}: workers of tier local get no model`,
      hint: `Set ${needed}, or unset HEDDLE_LOCAL_BACKEND.`,
    });
  },
};

/** Where each lists its models; both are asked with a plain GET, which costs nothing. */
const MODELS: Readonly<Record<string, (base: string) => string>> = {
  LM_STUDIO_URL: (base) => `${base.replace(/\/+$/, '').replace(/\/v1$/, '')}/v1/models`,
  OLLAMA_URL: (base) => `${base.replace(/\/+$/, '')}/api/tags`,
};

const backendAnswers: Check = {
  id: 'tiers.backend_answers',
  group: 'tiers',
  title: 'the local model server answers',
  level: 'advisory',
  applies: ({ ask }) => ask.probeBackends,
  run: async (probe, signal) => {
    const findings: Finding[] = [];
    const fine: string[] = [];
    for (const [variable, modelsOf] of Object.entries(MODELS)) {
      const set = heddleValue(probe, variable);
      if (set === undefined) continue;
      const fault = await whyNot(modelsOf(set.value), probe.ask.timeoutMs, { signal, clock: probe.clock });
      if (fault === undefined) fine.push(variable);
      else {
        findings.push({
          target: variable,
          problem: `${variable} (${set.source}): ${fault}`,
          hint:
            variable === 'OLLAMA_URL'
              ? "Start it with 'ollama serve', or correct the address."
              : 'Start the server in LM Studio, or correct the address.',
        });
      }
    }
    if (findings.length === 0 && fine.length === 0) return skipped('no local model server is configured');
    return verdictOn(findings, fine.join(', '));
  },
};

export const TIER_CHECKS: readonly Check[] = [served, environment, localBackend, backendAnswers];

async function whyNot(address: string, timeoutMs: number, options: FetchOptions): Promise<string | undefined> {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    return 'it is no address';
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'it is no http:// or https:// address';
  const answer = await fetchText(url, timeoutMs, options);
  // Without what may stand before the @.
  const where = `${url.protocol}//${url.host}`;
  if (!answer.ok) return `${where} does not answer: ${answer.reason}`;
  return answer.status === 200 ? undefined : `${where} answered ${answer.status}`;
}
