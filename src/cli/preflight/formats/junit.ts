import type { Report, Result } from '../../../preflight/report.ts';
import { adviceText } from '../../remedies.ts';
import type { ReportWriter } from '../writer.ts';

/** As CI servers read it: a suite a group, a case a check. A warning fails its case only where warnings count. */
export const junit: ReportWriter = (report, { failOn }) => {
  const fails = ({ status }: Result): boolean => status === 'failed' || (failOn === 'warning' && status === 'warning');
  const groups = [...new Set(report.results.map(({ group }) => group))];
  const suites = groups.map((group) => {
    const results = report.results.filter((result) => result.group === group);
    const head = attributes({
      name: `preflight.${group}`,
      tests: results.length,
      failures: results.filter(fails).length,
      skipped: results.filter(({ status }) => status === 'skipped').length,
      time: seconds(results.reduce((sum, { durationMs }) => sum + durationMs, 0)),
      timestamp: new Date(report.startedAt).toISOString(),
    });
    return `  <testsuite ${head}>\n${results.map((result) => testCase(result, fails(result))).join('')}  </testsuite>\n`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites ${totals(report, report.results.filter(fails).length)}>\n${suites.join('')}</testsuites>\n`;
};

function totals(report: Report, failures: number): string {
  return attributes({
    name: 'heddle-ts preflight',
    tests: report.results.length,
    failures,
    skipped: report.counts.skipped,
    time: seconds(report.durationMs),
  });
}

function testCase(result: Result, fails: boolean): string {
  const head = attributes({
    classname: `preflight.${result.group}`,
    name: result.id,
    time: seconds(result.durationMs),
  });
  const inside = contents(result, fails);
  return inside === '' ? `    <testcase ${head}/>\n` : `    <testcase ${head}>${inside}</testcase>\n`;
}

function contents(result: Result, fails: boolean): string {
  if (result.status === 'skipped') return `<skipped ${attributes({ message: result.reason ?? '' })}/>`;
  if (result.findings.length === 0) return '';
  const text = result.findings
    .map((finding) => {
      const advice = adviceText(finding);
      return advice === undefined ? finding.problem : `${finding.problem}\n  ${advice}`;
    })
    .join('\n');
  if (!fails) return `<system-out>${escaped(text)}</system-out>`;
  return `<failure ${attributes({ message: result.findings[0]?.problem ?? '', type: result.status })}>${escaped(text)}</failure>`;
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}="${escaped(String(value))}"`)
    .join(' ');
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

/** XML 1.0 has no place for most control characters, not even escaped. */
function escaped(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\n', '&#10;');
}
