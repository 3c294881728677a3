import type { Report } from '../../preflight/report.ts';
import { VERSION } from '../../version.ts';
import { formatDuration } from '../flags/duration.ts';
import type { Screen } from '../session.ts';

/** The last line: what it comes to, in words that need no colour. */
export function verdictLine(report: Report, ok: boolean, screen: Screen): string {
  const { counts } = report;
  const parts = [
    part(counts.failed, 'failed'),
    part(counts.warning, counts.warning === 1 ? 'warning' : 'warnings'),
    part(counts.passed, 'passed'),
    part(counts.skipped, 'skipped'),
    part(counts.ignored, 'ignored'),
  ].filter((text) => text !== '');
  const style = ok ? (counts.warning > 0 ? screen.style.warn : screen.style.good) : screen.style.bad;
  return `${style(ok ? 'ready' : 'not ready')}: ${parts.join(', ')} (${formatDuration(report.durationMs)})`;
}

export function versionsLine(report: Report): string {
  const { server, connectedUrl } = report.facts;
  const bus = server === undefined ? 'no server' : `nats-server ${server.version} at ${connectedUrl}`;
  return `heddle-ts ${VERSION}, ${bus}`;
}

function part(count: number, word: string): string {
  return count === 0 ? '' : `${count} ${word}`;
}
