/** The SDK: everything the command line can do, for programs. */
export * from './contract/index.ts';
export * from './delivery/index.ts';
export * from './dev/index.ts';
export { type ErrorCode, type ErrorDetails, HeddleError, isHeddleError } from './errors.ts';
export * from './gateway/index.ts';
export * from './preflight/index.ts';
export type { Advice, Remedies, Remedy, SomeAdvice } from './remedy.ts';
export * from './router/index.ts';
export * from './submit/index.ts';
export * from './tail/index.ts';
export { type Clock, systemClock, type Timer } from './time/clock.ts';
export * from './topology/index.ts';
export type { Capabilities } from './transport/capabilities.ts';
export { connect } from './transport/nats.ts';
export type { Authentication, ConnectOptions, SettingNames, TlsOptions } from './transport/options.ts';
export type * from './transport/transport.ts';
export * from './validate/index.ts';
export * from './worker/index.ts';
