import type { FileResult } from '../../../validate/engine.ts';
import type { Finding, Severity } from '../../../validate/finding.ts';
import { withAdvice } from '../../remedies.ts';
import type { ResultsWriter } from '../results.ts';

/** A test case for each file; what makes the exit code 1 is its failure, the rest its output. */
export const junit: ResultsWriter = (session, { files, failOn }) => {
  const fails = (severity: Severity): boolean => severity === 'error' || severity === failOn;
  const failed = files.filter(({ findings }) => findings.some((each) => fails(each.severity))).length;
  const counts = `tests="${files.length}" failures="${failed}" errors="0"`;
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="heddle-ts validate" ${counts} time="0">`,
    `  <testsuite name="heddle-ts validate" ${counts} skipped="0" time="0">`,
    ...files.map((file) => testCase(file, fails)),
    '  </testsuite>',
    '</testsuites>',
  ];
  session.io.stdout.write(`${lines.join('\n')}\n`);
};

function testCase({ file, kind, findings }: FileResult, fails: (severity: Severity) => boolean): string {
  const open = `    <testcase classname="${xml(kind)}" name="${xml(file)}" file="${xml(file)}" time="0"`;
  const failures = findings.filter((each) => fails(each.severity));
  const rest = findings.filter((each) => !fails(each.severity));
  if (findings.length === 0) return `${open}/>`;
  const inside: string[] = [];
  if (failures.length > 0) {
    const [first] = failures as [Finding, ...Finding[]];
    const message = failures.length === 1 ? first.message : `${failures.length} findings, the first: ${first.message}`;
    inside.push(
      `      <failure message="${xml(message)}" type="${xml(first.rule)}">${xml(failures.map(line).join('\n'))}</failure>`,
    );
  }
  if (rest.length > 0) inside.push(`      <system-out>${xml(rest.map(line).join('\n'))}</system-out>`);
  return [`${open}>`, ...inside, '    </testcase>'].join('\n');
}

function line(each: Finding): string {
  return `${each.file}:${each.line}:${each.column}: ${each.severity}: ${withAdvice(each)} [${each.rule}]`;
}

/** Characters that XML 1.0 cannot hold become U+FFFD. */
function xml(text: string): string {
  return text
    .replace(/[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
