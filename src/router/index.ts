export type { RouterCounts, RouterEvent } from './events.ts';
export { loadRules } from './load-rules.ts';
export { createRoute, type Decision, type Route, type RouteClock } from './route.ts';
export { NO_RULES, type RouterRules } from './rules.ts';
export { type RouterOptions, type RunningRouter, runRouter } from './run.ts';
export type { Refill, TierLimit } from './token-bucket.ts';
