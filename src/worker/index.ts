export { splitCommand } from '../child/split-command.ts';
export type { TakenTask } from '../contract/taken-task.ts';
export {
  type Answer,
  defineWorker,
  type Handler,
  type TaskContext,
  type TaskLog,
  type WorkerDefinition,
} from './define.ts';
export type { ChildEvent, TaskIds, WorkerCounts, WorkerEvent } from './events.ts';
export type { ExecOptions } from './exec/answer.ts';
export { execLongLived } from './exec/long-lived.ts';
export { execPerTask } from './exec/per-task.ts';
export { echo, type InProcessOptions, inProcess } from './in-process.ts';
export type { RunningWorker } from './life.ts';
export { loadHandler } from './load-handler.ts';
export { type WorkerMetrics, workerMetrics } from './metrics.ts';
export { type MetricsServer, serveMetrics } from './metrics-server.ts';
export type { Performed, Performer } from './performer.ts';
export { type RunWorkerOptions, runWorker, type WorkerConfigLike } from './sdk.ts';
export { loadWorkerSettings, type WorkerSettings } from './settings.ts';
