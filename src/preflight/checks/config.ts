import type { Advice } from '../../remedy.ts';
import { type Check, type Finding, passed, skipped, verdictOn } from '../check.ts';
import type { ConfigStep, ConfigTrial } from '../config-trials.ts';

interface StepCheck {
  readonly step: ConfigStep;
  readonly title: string;
  readonly inWords: (fault: NonNullable<ConfigTrial['fault']>) => Pick<Finding, 'problem' | keyof Advice>;
}

/** How far reading one config file comes, in order; each step is a check of its own. */
const STEPS: readonly StepCheck[] = [
  {
    step: 'found',
    title: 'the config files exist',
    inWords: ({ place }) =>
      place === ''
        ? { problem: 'the name of a config file is empty', hint: 'Is a variable not set from which it comes?' }
        : {
            problem: `config file not found: ${place}`,
            hint: `Check the spelling, and where a symbolic link leads: ls -la ${place}`,
          },
  },
  {
    step: 'file',
    title: 'the config files are regular files',
    inWords: ({ place, reason }) => ({
      problem: `${place} is no config file: ${reason}`,
      remedy: { do: 'name-config-file' },
    }),
  },
  {
    step: 'readable',
    title: 'the config files can be read',
    inWords: ({ place, reason }) => ({
      problem: `config file not readable: ${place}: ${reason}`,
      hint: `Look at its owner and mode (ls -la ${place}), and at the user that this runs as.`,
    }),
  },
  {
    step: 'utf8',
    title: 'the config files are UTF-8 text',
    inWords: ({ place, reason }) => ({
      problem: `${place}: ${reason}`,
      hint: `Save it as UTF-8 without a byte order mark; Heddle's actors end in a traceback on anything else.`,
    }),
  },
  {
    step: 'yaml',
    title: 'the config files are YAML',
    inWords: ({ place, reason }) => ({
      problem: `${place}: invalid YAML: ${reason}`,
      hint: 'Tabs for indentation, an unclosed quote and a truncated upload are the usual causes.',
    }),
  },
  {
    step: 'mapping',
    title: 'the config files hold a mapping',
    inWords: ({ place, reason }) => ({
      problem: `${place}: ${reason}`,
      hint: 'A config is "key: value" lines, beginning with name:.',
      remedy: { do: 'validate-config', why: 'no-mapping', file: place },
    }),
  },
];

/** A file that says nothing to us would otherwise be looked for nowhere, and everything would seem to be there. */
const understood: Check = {
  id: 'config.understood',
  group: 'config',
  title: 'the config files say what belongs on the bus',
  level: 'advisory',
  applies: ({ ask }) => ask.configs.length > 0,
  run: ({ configs, expected }) => {
    const whole = configs.filter(({ fault }) => fault === undefined);
    if (whole.length === 0) return skipped('no config file came that far');
    const findings = expected.unread.map(
      ({ file, reason }): Finding => ({
        target: file,
        problem: `${reason}; nothing of it is looked for on the bus`,
        remedy: { do: 'validate-config', why: 'not-understood', file },
      }),
    );
    return verdictOn(findings, whole.length === 1 ? whole[0]?.kind : `${whole.length} files`);
  },
};

export const CONFIG_CHECKS: readonly Check[] = [...STEPS.map(stepCheck), understood];

/** Which of the files fail at this step. Those that failed earlier are not spoken of again. */
function stepCheck({ step, title, inWords }: StepCheck, at: number): Check {
  const before = STEPS.slice(0, at).map((each) => each.step);
  return {
    id: `config.${step}`,
    group: 'config',
    title,
    level: 'required',
    applies: ({ ask }) => ask.configs.length > 0,
    run: ({ configs }) => {
      const here = configs.filter(({ fault }) => fault === undefined || !before.includes(fault.step));
      if (here.length === 0) return skipped('no config file came that far');
      const findings = here.flatMap(({ fault, path }): Finding[] =>
        fault?.step === step ? [{ target: path, ...inWords(fault) }] : [],
      );
      if (findings.length > 0) return verdictOn(findings);
      return passed(here.length === 1 ? here[0]?.path : `${here.length} files`);
    },
  };
}
