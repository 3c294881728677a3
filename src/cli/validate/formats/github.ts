import type { Finding, Severity } from '../../../validate/finding.ts';
import { withAdvice } from '../../remedies.ts';
import type { ResultsWriter } from '../results.ts';

const LEVELS: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', note: 'notice' };

/** Workflow commands: GitHub shows them at the lines of a pull request. */
export const github: ResultsWriter = (session, { files }) => {
  for (const { findings } of files) for (const each of findings) session.io.stdout.write(`${annotation(each)}\n`);
};

function annotation(finding: Finding): string {
  const { file, line, column, endLine, endColumn, severity, rule } = finding;
  const properties = [`file=${property(file)}`, `line=${line}`, `col=${column}`];
  // GitHub ignores columns on annotations of several lines.
  if (endLine === line) properties.push(`endColumn=${endColumn}`);
  else properties.push(`endLine=${endLine}`);
  properties.push(`title=${property(rule)}`);
  return `::${LEVELS[severity]} ${properties.join(',')}::${data(withAdvice(finding))}`;
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
