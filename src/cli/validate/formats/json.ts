import { adviceText } from '../../remedies.ts';
import type { ResultsWriter } from '../results.ts';

/** One document; its schema is schemas/output/validate.schema.json. */
export const json: ResultsWriter = (session, { files, counts, ok }) => {
  session.json({
    schema_version: 1,
    ok,
    summary: {
      files: counts.files,
      invalid: counts.invalid,
      errors: counts.error,
      warnings: counts.warning,
      notes: counts.note,
    },
    files: files.map(({ file, kind, findings }) => ({
      file,
      kind,
      valid: findings.every((each) => each.severity !== 'error'),
      findings: findings.map((each) => ({
        rule: each.rule,
        severity: each.severity,
        message: each.message,
        hint: adviceText(each) ?? null,
        line: each.line,
        column: each.column,
        end_line: each.endLine,
        end_column: each.endColumn,
      })),
    })),
  });
};
