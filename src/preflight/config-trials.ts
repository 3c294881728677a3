import type { ConfigDocument } from '../config/document.ts';
import { type ConfigKind, configKind } from '../config/kind.ts';
import type { ProblemCode } from '../config/problem.ts';
import { readConfigFile } from '../config/read-file.ts';

/** How far reading one config file comes; checks/config.ts has them in order. */
export type ConfigStep = 'found' | 'file' | 'readable' | 'utf8' | 'yaml' | 'mapping';

export interface ConfigTrial {
  readonly path: string;
  readonly document: ConfigDocument;
  readonly kind: ConfigKind | 'unknown';
  /** The step that failed, with the reason and the place. */
  readonly fault: { readonly step: ConfigStep; readonly reason: string; readonly place: string } | undefined;
}

const STEP_OF: Readonly<Record<ProblemCode, ConfigStep>> = {
  missing: 'found',
  directory: 'file',
  not_a_file: 'file',
  unreadable: 'readable',
  too_large: 'readable',
  encoding: 'utf8',
  control_character: 'yaml',
  syntax: 'yaml',
  multiple_documents: 'yaml',
  value: 'yaml',
  too_complex: 'yaml',
  too_deep: 'yaml',
  alias_bomb: 'yaml',
};

/** `resolve` makes an absolute path of what was written; what was written is what is shown. */
export function tryConfig(shown: string, resolve: (path: string) => string): ConfigTrial {
  const document = readConfigFile(resolve(shown), shown);
  const { root } = document;
  const [problem] = document.problems;
  if (problem !== undefined) {
    const step = STEP_OF[problem.code];
    const { line, column } = document.position(problem.offset);
    const place = step === 'yaml' ? `${shown}:${line}:${column}` : shown;
    return { path: shown, document, kind: 'unknown', fault: { step, reason: problem.message, place } };
  }
  const notMapping =
    root?.kind !== 'map'
      ? `it holds ${kindInWords(root)}, not a mapping of keys`
      : root.entries.size === 0
        ? 'it holds an empty mapping'
        : undefined;
  return {
    path: shown,
    document,
    kind: configKind(root),
    fault: notMapping === undefined ? undefined : { step: 'mapping', reason: notMapping, place: shown },
  };
}

function kindInWords(root: ConfigDocument['root']): string {
  if (root?.kind === 'seq') return 'a list';
  if (root === undefined || (root.kind === 'scalar' && root.value === null)) return 'nothing';
  return 'a single value';
}
