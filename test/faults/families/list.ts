import type { Fault } from '../fault.ts';
import { BUS_FAULTS } from './bus.ts';
import { MACHINE_FAULTS } from './machine.ts';
import { NETWORK_FAULTS } from './network.ts';
import { OUTPUT_FAULTS } from './output.ts';

export const FAULTS: readonly Fault[] = [...BUS_FAULTS, ...NETWORK_FAULTS, ...OUTPUT_FAULTS, ...MACHINE_FAULTS];
