/** Why a file is not a config that anything could read. */
export type ProblemCode =
  | 'missing'
  | 'directory'
  | 'not_a_file'
  | 'unreadable'
  | 'too_large'
  | 'too_complex'
  | 'too_deep'
  | 'alias_bomb'
  | 'encoding'
  | 'control_character'
  | 'syntax'
  | 'multiple_documents'
  | 'value';

export interface DocumentProblem {
  readonly code: ProblemCode;
  /** What is wrong, without the place. */
  readonly message: string;
  readonly hint?: string;
  readonly offset: number;
  /**
   * What Heddle's own validate does with such a file: `invalid` reports the YAML error, `missing` that there is no file,
   * `crash` ends in a traceback, `loads` reads it (the limit is ours).
   */
  readonly python: 'invalid' | 'missing' | 'crash' | 'loads';
}
