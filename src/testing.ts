export { createFakeClock, type FakeClock } from './time/fake-clock.ts';
export { createMemoryBus, type MemoryBus, type MemoryBusOptions } from './transport/memory.ts';
export type { BusUser, Permissions, SubjectRules } from './transport/permissions.ts';
