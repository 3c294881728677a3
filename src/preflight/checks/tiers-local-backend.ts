import { type Check, failed, passed } from '../check.ts';
import { askedTiers, heddleValue } from '../tier-needs.ts';

const URL_OF: Readonly<Record<string, string>> = { lmstudio: 'LM_STUDIO_URL', ollama: 'OLLAMA_URL' };

export const tiersLocalBackend: Check = {
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
