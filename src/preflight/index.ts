/** Is a machine ready, is a bus alive, who is listening: for programs. */
export { broadcastReload, type ReloadHeard, type ReloadOptions } from './broadcast-reload.ts';
export { type Expectation, readExpectation } from './expectation.ts';
export { metricsText } from './metrics.ts';
export type { Report, Result as CheckResult, Status as CheckStatus, Verdict } from './report.ts';
export { reportDocument } from './report-document.ts';
export { preflightRound, type RoundOptions } from './round.ts';
export { readIgnored, type Selection } from './selection.ts';
export { type Sidecar, type SidecarOptions, startSidecar } from './sidecar.ts';
export { statusDocument } from './status-document.ts';
