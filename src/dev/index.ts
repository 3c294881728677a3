export { type DevHandler, type DevSkipped, type DevWorker, findWorkers } from './find-workers.ts';
export { type DevOptions, type RunningDev, runDev } from './run.ts';
