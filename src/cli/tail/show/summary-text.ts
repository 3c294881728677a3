import type { Counted, Snapshot } from '../../../tail/figures.ts';
import type { Percentiles } from '../../../tail/histogram.ts';
import { formatDuration } from '../../flags/duration.ts';
import { formatSize } from '../../flags/size.ts';
import { formatCount } from '../../screen/count.ts';
import { disarmLine } from '../../screen/disarm.ts';

const MOST_WORKERS = 8;

/** The figures of a tail for people: one line, and a line each for what there is more to say about. */
export function summaryLines(figures: Snapshot): string[] {
  const { received, passed, elapsedMs, perSecond } = figures;
  const filtered = passed === received ? '' : ` of ${formatCount(received)} received`;
  const speed = elapsedMs < 1 ? '' : ` in ${formatDuration(elapsedMs)} (${formatCount(perSecond)}/s received)`;
  const lines = [`${messages(passed)}${filtered}, ${formatSize(figures.passedBytes)}${speed}`];
  const add = (label: string, text: string): void => void lines.push(`  ${label.padEnd(11)}${text}`);
  if (figures.kinds.length > 0) add('kinds', listed(figures.kinds));
  if (figures.statuses.length > 0) add('statuses', listed(figures.statuses));
  if (figures.workers.length > 0) add('workers', workersText(figures));
  if (figures.processing !== undefined) add('processing', percentiles(figures.processing));
  const { pairs, gaps } = figures;
  if (pairs !== undefined) {
    if (pairs.latency !== undefined) add('latency', percentiles(pairs.latency));
    const forgotten = pairs.forgotten > 0 ? `, ${formatCount(pairs.forgotten)} forgotten` : '';
    add(
      'pairs',
      `${formatCount(pairs.waiting)} waiting, ${formatCount(pairs.orphans)} orphans, ${formatCount(pairs.duplicates)} duplicates, ${formatCount(pairs.late)} late${forgotten}`,
    );
  }
  if (figures.invalid !== undefined) add('invalid', formatCount(figures.invalid));
  if (figures.undecided > 0) add('undecided', `${messages(figures.undecided)} on which a pattern took too long`);
  add('gaps', gaps.count === 0 ? 'none' : gapsText(gaps));
  return lines;
}

function gapsText(gaps: Snapshot['gaps']): string {
  const missed = gaps.missed > 0 ? `, ${messages(gaps.missed)} lost` : '';
  return `${formatCount(gaps.count)}${missed}${gaps.unknown === 0 ? '' : unknownText(gaps)}`;
}

function unknownText({ count: all, unknown }: Snapshot['gaps']): string {
  return unknown === all
    ? ', nobody knows how many were lost in them'
    : `, ${formatCount(unknown)} of them of unknown size`;
}

function workersText({ workers, otherWorkers }: Snapshot): string {
  const shown = workers.slice(0, MOST_WORKERS).map(({ name, count: seen, failed }) => {
    return `${disarmLine(name.slice(0, 40))} ${formatCount(seen)}${failed > 0 ? ` (${formatCount(failed)} failed)` : ''}`;
  });
  const more = workers.length - shown.length;
  if (more > 0) shown.push(`${formatCount(more)} more`);
  if (otherWorkers > 0) shown.push(`${messages(otherWorkers)} of others`);
  return shown.join(', ');
}

function percentiles({ p50, p95, p99, max }: Percentiles): string {
  return `p50 ${formatDuration(p50)}, p95 ${formatDuration(p95)}, p99 ${formatDuration(p99)}, max ${formatDuration(max)}`;
}

function listed(all: readonly Counted[]): string {
  return all.map(({ name, count }) => `${name} ${formatCount(count)}`).join(', ');
}

function messages(number: number): string {
  return `${formatCount(number)} message${number === 1 ? '' : 's'}`;
}
