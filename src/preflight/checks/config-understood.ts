import type { Check, Finding } from '../check.ts';
import { passed, skipped, verdictOn } from '../check.ts';

/** A file that says nothing to us would otherwise be looked for nowhere, and everything would seem to be there. */
export const configUnderstood: Check = {
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
    return findings.length > 0
      ? verdictOn(findings)
      : passed(whole.length === 1 ? whole[0]?.kind : `${whole.length} files`);
  },
};
