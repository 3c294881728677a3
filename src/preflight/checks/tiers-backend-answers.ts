import { type FetchOptions, fetchText } from '../../topology/fetch-text.ts';
import { type Check, type Finding, skipped, verdictOn } from '../check.ts';
import { heddleValue } from '../tier-needs.ts';

/** Where each lists its models; both are asked with a plain GET, which costs nothing. */
const MODELS: Readonly<Record<string, (base: string) => string>> = {
  LM_STUDIO_URL: (base) => `${base.replace(/\/+$/, '').replace(/\/v1$/, '')}/v1/models`,
  OLLAMA_URL: (base) => `${base.replace(/\/+$/, '')}/api/tags`,
};

export const tiersBackendAnswers: Check = {
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
