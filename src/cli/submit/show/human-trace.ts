import { isAnswered } from '../../../delivery/wait/outcome.ts';
import type { Hop } from '../../../submit/trace/timeline.ts';
import { formatDuration } from '../../flags/duration.ts';
import { disarm, disarmLine } from '../../screen/disarm.ts';
import { symbolsFor } from '../../screen/symbols.ts';
import { padEnd, truncate } from '../../screen/width.ts';
import type { Screen, Session } from '../../session.ts';
import type { TraceRenderer } from './renderer.ts';
import { stageChart } from './stage-chart.ts';

export function humanTrace(session: Session): TraceRenderer {
  const { out } = session;
  return {
    hop: (hop) => session.print(hopLine(hop, out)),
    trace: ({ hops, stages, outcome }) => {
      if (stages.length === 0) return;
      const end = Math.max(hops.at(-1)?.at_ms ?? 0, isAnswered(outcome) ? 0 : outcome.elapsedMs);
      session.print('');
      for (const line of stageChart(stages, end, out)) session.print(line);
      session.print('');
    },
  };
}

const LABELS: Readonly<Record<Hop['kind'], string>> = {
  published: 'published',
  routed: 'routed',
  result: 'result',
  dead_letter: 'dead letter',
  stage_sent: 'stage',
  stage_routed: 'stage routed',
  stage_result: 'stage result',
  stage_dead_letter: 'stage refused',
  unreadable: 'unreadable',
  stray: 'astray',
};
const BAD = /dead_letter|unreadable|stray/;
const LABEL_WIDTH = 13;
const TIME_WIDTH = 8;

/** What happened at one moment of its way, on one line, or with what is worth noting below it. */
export function hopLine(hop: Hop, out: Screen): string {
  const { style } = out;
  const bad = BAD.test(hop.kind) || hop.status === 'failed';
  const ended = hop.kind === 'result' || hop.kind === 'stage_result' || hop.kind === 'stray';
  const color = bad ? style.bad : ended ? style.good : style.accent;
  const time = formatDuration(hop.at_ms).padStart(TIME_WIDTH);
  const stage = hop.kind.startsWith('stage_') && hop.worker_type !== null ? `${disarmLine(hop.worker_type)} ` : '';
  const status = ended && hop.status !== null ? `${hop.status} ` : '';
  const head = `${style.faint(time)}  ${color(padEnd(LABELS[hop.kind], LABEL_WIDTH))} `;
  const room = out.width - TIME_WIDTH - 2 - LABEL_WIDTH - 1;
  const line = head + truncate(`${stage}${status}${symbolsFor(out.unicode).arrow} ${disarmLine(hop.subject)}`, room);
  if (hop.detail === null) return line;
  const indent = ' '.repeat(TIME_WIDTH + 2 + LABEL_WIDTH + 1);
  const detail = disarm(hop.detail).split('\n').slice(0, 4).join(`\n${indent}`);
  return `${line}\n${indent}${bad ? style.bad(detail) : style.warn(detail)}`;
}
