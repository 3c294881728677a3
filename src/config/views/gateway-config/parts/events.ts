import type { Section } from '../../section.ts';

export interface EventsConfig {
  /** undefined: where requests are served. */
  readonly enabled: boolean | undefined;
  /** How long what a client missed is kept for it, in seconds. */
  readonly keepS: number;
}

/** What happens, told to clients as it happens. */
export function events(top: Section): EventsConfig {
  const section = top.section('events');
  const config: EventsConfig = {
    enabled: section?.truth('enabled'),
    keepS: section?.whole('keep_s', 10, 86_400) ?? 300,
  };
  section?.finish();
  return config;
}
