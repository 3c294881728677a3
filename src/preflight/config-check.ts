import type { Advice } from '../remedy.ts';
import type { Check, Finding } from './check.ts';
import { passed, skipped, verdictOn } from './check.ts';
import { CONFIG_STEPS, type ConfigStep } from './config-step.ts';
import type { ConfigTrial } from './config-trials.ts';

/** A check over every config file: which of them fail at this step. Files that failed earlier are not spoken of again. */
export function configCheck(
  step: ConfigStep,
  title: string,
  inWords: (fault: NonNullable<ConfigTrial['fault']>) => Pick<Finding, 'problem' | keyof Advice>,
): Check {
  return {
    id: `config.${step}`,
    group: 'config',
    title,
    level: 'required',
    applies: (probe) => probe.ask.configs.length > 0,
    run: (probe) => {
      const at = CONFIG_STEPS.indexOf(step);
      const here = probe.configs.filter(({ fault }) => fault === undefined || CONFIG_STEPS.indexOf(fault.step) >= at);
      if (here.length === 0) return skipped('no config file came that far');
      const findings = here.flatMap(({ fault, path }): Finding[] =>
        fault?.step === step ? [{ target: path, ...inWords(fault) }] : [],
      );
      return findings.length > 0
        ? verdictOn(findings)
        : passed(here.length === 1 ? here[0]?.path : `${here.length} files`);
    },
  };
}
