import { gatewayNameOf, inputsOfAll } from '../../topology/role.ts';
import type { Topology } from '../../topology/topology.ts';
import { onMap } from '../bus-check.ts';
import { type Check, type Finding, verdictOn } from '../check.ts';
import type { Expectation } from '../expectation.ts';

type ExpectedGateway = Expectation & { readonly kind: 'gateway' };

const present: Check = {
  id: 'bus.gateway',
  group: 'bus',
  title: 'every gateway that is expected serves',
  level: 'advisory',
  needs: ['bus.map'],
  applies: ({ ask }) => ask.expectations.some(isGateway),
  run: (probe) =>
    onMap(probe, (map) => {
      const expected = probe.ask.expectations.filter(isGateway);
      const all = [
        ...expected.map(({ name }) => `${replicasOf(map, name)} ${name ?? 'in all'}`),
        ...inputsOfAll(map.gateways),
      ];
      return verdictOn(
        expected.flatMap((each) => absent(map, each)),
        all.join(', '),
      );
    }),
};

function isGateway(expectation: Expectation): expectation is ExpectedGateway {
  return expectation.kind === 'gateway';
}

function absent(map: Topology, { name, min }: ExpectedGateway): Finding[] {
  const found = replicasOf(map, name);
  if (found >= min) return [];
  const called = name === undefined ? 'gateway' : `gateway ${name}`;
  const others = [...new Set(map.gateways.map(gatewayNameOf))].sort().join(', ');
  const problem =
    found > 0
      ? `${found} of ${min} expected replicas of ${called} serve`
      : `no ${called} serves${others === '' ? '' : `; there is ${others}`}`;
  return [{ target: name ?? 'gateway', problem, remedy: { do: 'start-gateway' } }];
}

/** Each replica looks for the answers to its requests, so that it is on the map. */
function replicasOf({ gateways }: Topology, name: string | undefined): number {
  return gateways.filter((each) => name === undefined || gatewayNameOf(each) === name).length;
}

export const GATEWAY_CHECKS: readonly Check[] = [present];
