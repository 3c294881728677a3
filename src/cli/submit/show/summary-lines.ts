import { deadLetterClass } from '../../../contract/dead-letter.ts';
import type { Reason } from '../../../submit/batch/reasons.ts';
import type { BatchReport } from '../../../submit/batch/report.ts';
import { formatDuration } from '../../flags/duration.ts';
import { formatSize } from '../../flags/size.ts';
import { formatCount } from '../../screen/count.ts';
import { disarmLine } from '../../screen/disarm.ts';
import { symbolsFor } from '../../screen/symbols.ts';
import type { Screen } from '../../session.ts';

/** Of each kind of end. */
const SHOWN_REASONS = 5;

/** A burst of that many, and then the same number a minute: what `tokens_per_minute` says is read by no router of Heddle's, and by ours when it is asked to. */
const REFILL =
  "A tier takes max_concurrent tasks at once, and then so many a minute, one every 60/max_concurrent seconds, in each router (Heddle's ignores tokens_per_minute, ours goes by it with --refill tokens_per_minute): send slower with --rate, or raise max_concurrent in the router's rules.";

/** Of what an earlier run left in doubt. */
const SHOWN_DOUBTS = 20;

/** One line when all went well; what did not stands below, and nothing that is zero. */
export function summaryLines(report: BatchReport, screen: Screen): string[] {
  const { style, unicode } = screen;
  const symbols = symbolsFor(unicode);
  const { counts, latency } = report;
  const sign = report.ok ? style.good(symbols.ok) : style.bad(symbols.fail);
  const took = formatDuration(report.elapsed_ms);
  const rate = `${formatCount(Math.round(report.per_second))}/s`;
  const lines: string[] = [];
  const sent = `${formatCount(counts.sent)} ${counts.sent === 1 ? 'task' : 'tasks'}`;
  if (report.waited) {
    lines.push(`${sign} ${formatCount(counts.completed)} of ${sent} completed in ${took} (${rate})`);
  } else lines.push(`${sign} ${sent} sent in ${took} (${rate}, ${formatSize(counts.bytes)})`);
  const more = (count: number, words: string, lines_ = ''): void => {
    if (count === 0) return;
    lines.push(`  ${style.warn(`${formatCount(count)} ${words}`)}${lines_ === '' ? '' : `: lines ${lines_}`}`);
  };
  const because = (outcome: Reason['outcome'], count: number, words: string): void => {
    more(count, words);
    const reasons = report.reasons.filter((each) => each.outcome === outcome).slice(0, SHOWN_REASONS);
    for (const each of reasons) lines.push(`    ${formatCount(each.count)} × ${disarmLine(each.reason)}`);
    if (reasons.some(({ reason }) => deadLetterClass(reason) === 'rate_limited')) lines.push(`    ${REFILL}`);
  };
  because('failed', counts.failed, 'failed');
  because('dead_lettered', counts.dead_lettered, 'refused by the router (dead letters)');
  because('malformed', counts.malformed_results, 'answered with something that is no result');
  more(counts.timed_out, 'not answered in time');
  more(counts.unheard, 'heard by nobody', report.unheard_lines);
  more(counts.uncertain, `uncertain: ${whyUncertain(report)}`, report.uncertain_lines);
  more(counts.open, 'sent and still open');
  more(counts.unwritten, 'done and not written in the journal', report.unwritten_lines);
  more(counts.in_doubt, 'left out: an earlier run may have sent them before it died');
  for (const { line, task_id } of report.in_doubt.slice(0, SHOWN_DOUBTS)) {
    lines.push(`    line ${line}  ${disarmLine(task_id)}`);
  }
  const hidden = report.in_doubt.length - SHOWN_DOUBTS;
  if (hidden > 0) lines.push(`    and ${formatCount(hidden)} more, all of them with -o json`);
  if (counts.in_doubt > 0) lines.push('  --resend-uncertain sends them again, under the same ids');
  more(counts.malformed, 'malformed, not sent');
  if (report.stopped === 'malformed_line') lines.push('  stopped at the first malformed line; --on-error skip goes on');
  if (report.stopped === 'journal')
    lines.push('  stopped because the journal cannot be written: later lines were not sent');
  if (report.stopped === 'interrupted') lines.push('  interrupted: later lines were not sent');
  more(counts.duplicates, 'answered twice');
  if (counts.skipped > 0) lines.push(`  ${formatCount(counts.skipped)} left out: the journal has them`);
  if (counts.other > 0) lines.push(`  ${formatCount(counts.other)} left out: records of something that is no task`);
  if (latency !== null) {
    const shown = (['p50', 'p90', 'p99', 'max'] as const).map(
      (name) => `${name} ${formatDuration(latency[`${name}_ms`])}`,
    );
    lines.push(`  latency  ${shown.join('  ')}`);
  }
  return lines;
}

function whyUncertain({ stopped }: BatchReport): string {
  return stopped === 'interrupted'
    ? 'the server had not confirmed them yet'
    : 'the connection broke before the server confirmed';
}
