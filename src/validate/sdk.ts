import { resolve } from 'node:path';
import { checkArgument, checkOptions, is, type Keys, needed } from '../check-options.ts';
import type { ConfigDocument } from '../config/document.ts';
import { CONFIG_KINDS, type ConfigKind } from '../config/kind.ts';
import { encodeMessage } from '../contract/encode.ts';
import type { ShallowSide } from '../contract/shallow-check.ts';
import { HeddleError } from '../errors.ts';
import { didYouMean } from '../suggest.ts';
import type { HeddleVerdict } from './compat.ts';
import type { Counts, FileResult, RuleFailure } from './engine.ts';
import type { RulePage } from './explain.ts';
import type { MessageVerdict } from './messages.ts';
import type { PayloadVerdicts } from './payload.ts';

// What `validate` does, for programs. The reader of YAML, the rules and the checkers are loaded by the call that needs them.

/** A config under a name of its own: its text, or an object, which is judged as its JSON would be. */
export type NamedConfig =
  | { readonly name: string; readonly text: string | Uint8Array }
  | { readonly name: string; readonly config: object };

/** What relative paths start from; default: where the process runs. */
export interface PathOptions {
  readonly cwd?: string | undefined;
}

/** What configs are taken for, and which rules stay silent. */
export interface ValidateConfigsOptions extends PathOptions {
  /** Every config is taken for this kind; default: what its keys say. */
  readonly as?: ConfigKind | undefined;
  /** Rules that stay silent, by their ids. */
  readonly ignore?: readonly string[] | undefined;
}

/** What the rules say of all configs of a run. */
export interface ConfigsVerdict {
  /** No finding is an error. */
  readonly ok: boolean;
  /** In the order given; folders and globs sorted in themselves. */
  readonly files: readonly FileResult[];
  readonly counts: Counts & { readonly files: number; readonly invalid: number };
}

/** By which schema a payload is judged. */
export interface ValidatePayloadOptions extends PathOptions {
  /** Which schema of the config; default `input`. */
  readonly side?: ShallowSide | undefined;
}

/**
 * Judges configs by all rules, each by itself and what they say of each other. A text is the path of a file, of a folder that is
 * searched, or a glob. What cannot be read is a finding; a folder or a glob without any config throws `no_match`.
 */
export async function validateConfigs(
  configs: readonly (string | NamedConfig)[],
  options: ValidateConfigsOptions = {},
): Promise<ConfigsVerdict> {
  checkArgument('validateConfigs', 'the first argument', configs, CONFIGS);
  checkOptions('validateConfigs', options, VALIDATE);
  const [{ count, validate }, { RULES, RULE_IDS }] = await Promise.all([
    import('./engine.ts'),
    import('./rules/list.ts'),
  ]);
  const { as, ignore = [] } = options;
  const unknown = ignore.find((id) => !RULE_IDS.includes(id));
  if (unknown !== undefined) {
    const words = [`validateConfigs: there is no rule ${JSON.stringify(unknown)}`, didYouMean(unknown, RULE_IDS)];
    throw new HeddleError('usage', words.filter(Boolean).join('; '));
  }
  const documents = await documentsOf('validateConfigs', configs, options);
  const { files, failures } = validate(documents, { rules: RULES, as, ignore: new Set(ignore) });
  refuseFailure(failures);
  const counts = count(files);
  return { ok: counts.error === 0, files, counts };
}

/** What `heddle validate` (heddle-ai 0.9.2) says of each, in the words that it uses. */
export async function validateAsHeddle(
  configs: readonly (string | NamedConfig)[],
  options: PathOptions = {},
): Promise<readonly HeddleVerdict[]> {
  checkArgument('validateAsHeddle', 'the first argument', configs, CONFIGS);
  checkOptions('validateAsHeddle', options, PATHS);
  const [{ heddleVerdict }, { RULES }] = await Promise.all([import('./compat.ts'), import('./rules/list.ts')]);
  const failures: RuleFailure[] = [];
  const verdicts: HeddleVerdict[] = [];
  for (const document of await documentsOf('validateAsHeddle', configs, options, true))
    verdicts.push(heddleVerdict(document, RULES, failures));
  refuseFailure(failures);
  return verdicts;
}

/**
 * Judges a payload by a schema of a worker config, twice: as a running actor does it, and as JSON Schema has it. The payload is
 * JSON as text or bytes, or an object, which is written as JSON first. Throws `input_invalid` for a config that cannot be read.
 */
export async function validatePayload(
  config: string | NamedConfig,
  payload: string | Uint8Array | object,
  options: ValidatePayloadOptions = {},
): Promise<PayloadVerdicts> {
  checkArgument('validatePayload', 'the first argument', config, CONFIG);
  checkArgument('validatePayload', 'the second argument', payload, is.either(is.text, is.bytes, is.object));
  checkOptions('validatePayload', options, PAYLOAD);
  const { judgePayload } = await import('./payload.ts');
  const documents = await readerOf('validatePayload', options);
  return await judgePayload(documents(config), asBytes(payload), options.side ?? 'input');
}

/** Judges wire messages, one to a line, by their shape alone. Throws `input_invalid` for bytes that are no UTF-8. */
export async function validateMessages(lines: string | Uint8Array): Promise<readonly MessageVerdict[]> {
  checkArgument('validateMessages', 'the first argument', lines, is.either(is.text, is.bytes));
  const { judgeMessages } = await import('./messages.ts');
  return [...judgeMessages(typeof lines === 'string' ? lines : decoded(lines))];
}

/** Every rule in the order of docs/rules.md, each with an example and what is said of it. */
export async function validationRules(): Promise<readonly RulePage[]> {
  const [{ rulePage }, { RULES }] = await Promise.all([import('./explain.ts'), import('./rules/list.ts')]);
  return RULES.map(rulePage);
}

const CONFIG = is.either(is.text, is.object);
const CONFIGS = is.listOf(CONFIG, 'paths and named configs');
const PATHS: Keys<PathOptions> = { cwd: is.text };
const VALIDATE: Keys<ValidateConfigsOptions> = { ...PATHS, as: is.oneOf(...CONFIG_KINDS), ignore: is.texts };
const PAYLOAD: Keys<ValidatePayloadOptions> = { ...PATHS, side: is.oneOf('input', 'output') };

/** One after another, each read when it is asked for: thousands of files are held one at a time. */
async function documentsOf(
  of: string,
  configs: readonly (string | NamedConfig)[],
  options: PathOptions,
  heddle = false,
): Promise<Iterable<ConfigDocument>> {
  const [{ findFiles }, read] = await Promise.all([import('../config/find-files.ts'), readerOf(of, options)]);
  const { cwd = '' } = options;
  const named = configs.flatMap((each): (string | NamedConfig)[] => {
    if (typeof each !== 'string') return [each];
    const { files, unmatched } = findFiles([each], { cwd, heddle });
    if (unmatched.length > 0) throw new HeddleError('no_match', `no config matches ${JSON.stringify(each)}`);
    return [...files];
  });
  return (function* () {
    // Heddle's own looks as often at a file as it is named.
    for (const each of heddle ? named : new Set(named)) yield read(each);
  })();
}

async function readerOf(
  of: string,
  { cwd = '' }: PathOptions,
): Promise<(config: string | NamedConfig) => ConfigDocument> {
  const [{ readDocument }, { readConfigFile }] = await Promise.all([
    import('../config/document.ts'),
    import('../config/read-file.ts'),
  ]);
  return (config) => {
    if (typeof config === 'string') return readConfigFile(resolve(cwd, config), config);
    checkOptions(`${of}: a config`, config, 'config' in config ? OBJECT : TEXT);
    return readDocument(config.name, asBytes('config' in config ? config.config : config.text));
  };
}

const TEXT: Keys<{ name: string; text: string | Uint8Array }> = {
  name: needed(is.text),
  text: needed(is.either(is.text, is.bytes)),
};
const OBJECT: Keys<{ name: string; config: object }> = { name: needed(is.text), config: needed(is.object) };

function asBytes(given: string | Uint8Array | object): Uint8Array {
  if (given instanceof Uint8Array) return given;
  return Buffer.from(typeof given === 'string' ? given : encodeMessage(given));
}

function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new HeddleError('input_invalid', 'the messages are not UTF-8 text; actors skip such messages');
  }
}

/** A mistake of ours must not look like a verdict. */
function refuseFailure([failure]: readonly RuleFailure[]): void {
  if (failure === undefined) return;
  const { rule, file, error } = failure;
  throw new HeddleError('internal', `the rule ${rule} failed${file === '' ? '' : ` on ${file}`}`, { cause: error });
}
