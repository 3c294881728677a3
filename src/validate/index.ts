/** Are configs, payloads and messages right: for programs. */
export type { ConfigKind, HeddleKind } from '../config/kind.ts';
export type { HeddleObjection, HeddleVerdict } from './compat.ts';
export type { Counts, FileResult } from './engine.ts';
export type { RulePage } from './explain.ts';
export type { Finding, Severity } from './finding.ts';
export type { MessageVerdict } from './messages.ts';
export type { PayloadVerdicts, Verdict as PayloadVerdict } from './payload.ts';
export {
  type ConfigsVerdict,
  type NamedConfig,
  type PathOptions,
  type ValidateConfigsOptions,
  type ValidatePayloadOptions,
  validateAsHeddle,
  validateConfigs,
  validateMessages,
  validatePayload,
  validationRules,
} from './sdk.ts';
