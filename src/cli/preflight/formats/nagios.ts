import type { HeddleError } from '../../../errors.ts';
import { adviceText } from '../../remedies.ts';
import { disarmLine } from '../../screen/disarm.ts';
import { nagiosState } from '../exit.ts';
import type { ReportWriter } from '../writer.ts';

const WORDS = ['OK', 'WARNING', 'CRITICAL'] as const;

/** One line with performance data, then a line a problem, as monitoring plugins write. */
export const nagios: ReportWriter = (report, { failOn }) => {
  const { counts, facts, results } = report;
  const bad = results.filter(({ status }) => status === 'failed' || status === 'warning');
  const findings = bad.flatMap(({ id, findings: all }) =>
    all.filter(({ ignored }) => !ignored).map(({ problem }) => `${id}: ${problem}`),
  );
  const summary = findings[0] ?? `${counts.passed} checks passed`;
  const more = findings.length > 1 ? ` (and ${findings.length - 1} more)` : '';
  const data = [
    `time=${(report.durationMs / 1000).toFixed(3)}s`,
    ...(facts.rttMs === undefined ? [] : [`rtt=${(facts.rttMs / 1000).toFixed(6)}s`]),
    `failed=${counts.failed}`,
    `warnings=${counts.warning}`,
    ...(facts.map?.known === true
      ? [`connections=${facts.map.connections.length}`, `routers=${facts.map.routers.length}`]
      : []),
  ];
  const lines = [`HEDDLE ${WORDS[nagiosState(report, failOn)]} - ${plain(summary)}${more} | ${data.join(' ')}`];
  for (const finding of findings.slice(1)) lines.push(plain(finding));
  return `${lines.join('\n')}\n`;
};

/** Nothing was checked: state 3 of that world. */
export function nagiosUnknown(error: HeddleError): string {
  const advice = adviceText(error);
  return `HEDDLE UNKNOWN - ${plain(error.message)}\n${advice === undefined ? '' : `${plain(advice)}\n`}`;
}

/** A bar would begin the performance data. */
function plain(text: string): string {
  return disarmLine(text).replaceAll('|', '/');
}
