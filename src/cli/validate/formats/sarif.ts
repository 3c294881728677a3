import type { Finding } from '../../../validate/finding.ts';
import { RULES } from '../../../validate/rules/list.ts';
import { VERSION } from '../../../version.ts';
import { adviceText, withAdvice } from '../../remedies.ts';
import type { ResultsWriter } from '../results.ts';

/** SARIF 2.1.0, for code scanning services. `results` is there when empty: it says that the tool ran. */
export const sarif: ResultsWriter = (session, { files }) => {
  const index = new Map(RULES.map((rule, at) => [rule.id, at]));
  session.json({
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'heddle-ts',
            semanticVersion: VERSION,
            rules: RULES.map((rule) => ({
              id: rule.id,
              shortDescription: { text: rule.summary },
              fullDescription: { text: rule.why },
              help: { text: adviceText(rule) },
              defaultConfiguration: { level: rule.severity },
            })),
          },
        },
        columnKind: 'utf16CodeUnits',
        results: files.flatMap(({ findings }) => findings.map((each) => result(each, index.get(each.rule)))),
      },
    ],
  });
};

function result(each: Finding, ruleIndex: number | undefined): unknown {
  return {
    ruleId: each.rule,
    ...(ruleIndex === undefined ? {} : { ruleIndex }),
    level: each.severity,
    message: { text: withAdvice(each) },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: uri(each.file) },
          region: {
            startLine: each.line,
            startColumn: each.column,
            endLine: each.endLine,
            endColumn: each.endColumn,
          },
        },
      },
    ],
  };
}

function uri(file: string): string {
  const path = file.replaceAll('\\', '/').split('/').map(encodeURIComponent).join('/');
  return path.startsWith('/') ? `file://${path}` : path;
}
