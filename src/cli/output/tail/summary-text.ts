import type { Percentiles } from '../../../tail/histogram.ts';
import type { Counted, Snapshot } from '../../../tail/tally.ts';
import { disarmLine } from '../../screen/disarm.ts';
import { formatDuration } from '../../settings/duration.ts';
import { formatSize } from '../../settings/size.ts';

const MOST_WORKERS = 8;

/** The figures of a tail for people: one line, and a line each for what there is more to say about. */
export function summaryLines(figures: Snapshot): string[] {
  const { received, passed, elapsedMs, perSecond } = figures;
  const filtered = passed === received ? '' : ` of ${count(received)} received`;
  const speed = elapsedMs < 1 ? '' : ` in ${formatDuration(elapsedMs)} (${perSecond.toLocaleString('en')}/s received)`;
  const lines = [`${messages(passed)}${filtered}, ${formatSize(figures.passedBytes)}${speed}`];
  const add = (label: string, text: string): void => void lines.push(`  ${label.padEnd(11)}${text}`);
  if (figures.kinds.length > 0) add('kinds', listed(figures.kinds));
  if (figures.statuses.length > 0) add('statuses', listed(figures.statuses));
  if (figures.workers.length > 0) add('workers', workersText(figures));
  if (figures.processing !== undefined) add('processing', percentiles(figures.processing));
  const { pairs, gaps } = figures;
  if (pairs !== undefined) {
    if (pairs.latency !== undefined) add('latency', percentiles(pairs.latency));
    const forgotten = pairs.forgotten > 0 ? `, ${count(pairs.forgotten)} forgotten` : '';
    add(
      'pairs',
      `${count(pairs.waiting)} waiting, ${count(pairs.orphans)} orphans, ${count(pairs.duplicates)} duplicates, ${count(pairs.late)} late${forgotten}`,
    );
  }
  if (figures.invalid !== undefined) add('invalid', count(figures.invalid));
  if (figures.undecided > 0) add('undecided', `${messages(figures.undecided)} on which a pattern took too long`);
  add('gaps', gaps.count === 0 ? 'none' : gapsText(gaps));
  return lines;
}

function gapsText(gaps: Snapshot['gaps']): string {
  const missed = gaps.missed > 0 ? `, ${messages(gaps.missed)} lost` : '';
  return `${count(gaps.count)}${missed}${gaps.unknown === 0 ? '' : unknownText(gaps)}`;
}

function unknownText({ count: all, unknown }: Snapshot['gaps']): string {
  return unknown === all ? ', nobody knows how many were lost in them' : `, ${count(unknown)} of them of unknown size`;
}

function workersText({ workers, otherWorkers }: Snapshot): string {
  const shown = workers.slice(0, MOST_WORKERS).map(({ name, count: seen, failed }) => {
    return `${disarmLine(name.slice(0, 40))} ${count(seen)}${failed > 0 ? ` (${count(failed)} failed)` : ''}`;
  });
  const more = workers.length - shown.length;
  if (more > 0) shown.push(`${count(more)} more`);
  if (otherWorkers > 0) shown.push(`${messages(otherWorkers)} of others`);
  return shown.join(', ');
}

function percentiles({ p50, p95, p99, max }: Percentiles): string {
  return `p50 ${formatDuration(p50)}, p95 ${formatDuration(p95)}, p99 ${formatDuration(p99)}, max ${formatDuration(max)}`;
}

function listed(all: readonly Counted[]): string {
  return all.map(({ name, count: number }) => `${name} ${count(number)}`).join(', ');
}

function messages(number: number): string {
  return `${count(number)} message${number === 1 ? '' : 's'}`;
}

function count(number: number): string {
  return number.toLocaleString('en');
}
