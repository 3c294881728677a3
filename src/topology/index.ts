/** Who is on a bus: for programs. */
export { buildTopology } from './build-topology.ts';
export type { BusServer, BusSubscription, Connection } from './connection.ts';
export { type Hearers, hearersOf } from './hearers.ts';
export type { HttpLane, HttpWorker, HttpWorkers } from './http-workers.ts';
export type { Problem, ProblemId } from './problem.ts';
export { problemsOf } from './problems.ts';
export { type ReadHttpOptions, readHttpWorkers } from './read-http-workers.ts';
export { type MonitorOptions, readMonitor } from './read-monitor.ts';
export { type ReadOptions, readTopology, WHO_IS_CONNECTED } from './read-topology.ts';
export type { GroupView, Listener, Topology, Unknown, WorkerKind, WorkerView } from './topology.ts';
