export { type ErrorCode, HeddleError, isHeddleError } from './errors.ts';
export type * from './transport/options.ts';
export type * from './transport/transport.ts';
