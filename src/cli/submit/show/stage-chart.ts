import type { Stage } from '../../../submit/trace/timeline.ts';
import { formatDuration } from '../../flags/duration.ts';
import { disarmLine } from '../../screen/disarm.ts';
import { symbolsFor } from '../../screen/symbols.ts';
import { displayWidth, padEnd, padStart, truncate } from '../../screen/width.ts';
import type { Screen } from '../../session.ts';

const WIDEST = 100;
const LONGEST_NAME = 24;
const TIME_WIDTH = 7;
const STATUS_WIDTH = 13;
const NARROWEST_CHART = 10;

/** One bar a stage on a common scale: from the moment it was sent to its result. */
export function stageChart(stages: readonly Stage[], endMs: number, screen: Screen): string[] {
  const { style, unicode } = screen;
  const symbols = symbolsFor(unicode);
  const names = stages.map((stage) => truncate(disarmLine(stage.name), LONGEST_NAME, symbols.ellipsis));
  const nameWidth = Math.max(5, ...names.map(displayWidth));
  const fixed = nameWidth + 2 + 2 + TIME_WIDTH + 2 + STATUS_WIDTH;
  const chart = Math.max(NARROWEST_CHART, Math.min(screen.width, WIDEST) - fixed);
  const scale = Math.max(endMs, 0.001);
  const full = symbols.bar.at(-1) ?? '#';
  const head = `${padEnd('stage', nameWidth)}  ${padEnd('0', chart - TIME_WIDTH)}${formatDuration(scale).padStart(TIME_WIDTH)}`;
  const lines = stages.map((stage, index) => {
    const from = stage.sent_ms ?? stage.routed_ms ?? stage.ended_ms ?? 0;
    const to = stage.ended_ms ?? scale;
    const start = Math.min(chart - 1, Math.floor((from / scale) * chart));
    const length = Math.max(1, Math.min(chart - start, Math.round(((to - from) / scale) * chart)));
    const status = stage.status ?? 'no answer';
    const color = stage.status === 'completed' ? style.good : stage.status === null ? style.warn : style.bad;
    const bar = ' '.repeat(start) + color(full.repeat(length)) + ' '.repeat(chart - start - length);
    const took = stage.ended_ms === null ? '' : formatDuration(to - from);
    return `${padEnd(names[index] ?? '', nameWidth)}  ${bar}  ${padStart(took, TIME_WIDTH)}  ${color(status)}`;
  });
  return [style.faint(head), ...lines];
}
