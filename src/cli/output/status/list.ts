import type { Expected } from '../../../preflight/expected.ts';
import type { Topology } from '../../../topology/topology.ts';
import type { Session } from '../../session.ts';
import { human } from './human.ts';
import { json } from './json.ts';

export interface StatusView {
  readonly map: Topology;
  readonly where: string;
  readonly expected: Expected | undefined;
}

export function statusOutput(
  session: Session,
  where: string,
  expected: Expected | undefined,
): (map: Topology) => string {
  return (map) => {
    const view: StatusView = { map, where, expected };
    return session.format === 'json' ? json(view) : human(view, session.out, session.verbose);
  };
}
