import type { BatchReport } from '../../../submit/batch/report.ts';
import type { Hop } from '../../../submit/trace/timeline.ts';
import type { Answered } from '../../../submit/wait/outcome.ts';
import { disarm, disarmLine } from '../../disarm.ts';
import type { Session } from '../../session.ts';
import { formatDuration } from '../../settings/duration.ts';
import { formatSize } from '../../settings/size.ts';
import { symbolsFor } from '../../symbols.ts';
import { padEnd, truncate } from '../../width.ts';
import type { SubmitRenderer } from './renderer.ts';
import { stageChart } from './stage-chart.ts';
import { summaryLines } from './summary-lines.ts';

export function humanRenderer(session: Session): SubmitRenderer {
  const { out, talk } = session;
  const { style } = out;
  const symbols = symbolsFor(out.unicode);
  return {
    dryRun: ({ subject, bytes, text }) => {
      talk.info(`would publish ${formatSize(bytes)} on ${subject}; nothing was sent`);
      session.print(disarm(JSON.stringify(JSON.parse(text), null, 2)));
    },
    receipt: (receipt) => {
      session.print(receipt.task_id ?? receipt.goal_id ?? '');
      const heard = receipt.heard === 'yes' ? 'heard' : `heard: ${receipt.heard}`;
      const size = formatSize(receipt.bytes);
      talk.detail(`sent ${size} to ${receipt.subject}, ${heard}, after ${formatDuration(receipt.elapsed_ms)}`);
      if (session.verbose) talk.detail(`the answer comes on ${receipt.result_subject}`);
    },
    answer: (answer) => {
      const { result } = answer;
      const good = answer.kind === 'completed';
      const sign = good ? style.good(symbols.ok) : style.bad(symbols.fail);
      const who = style.strong(disarmLine(result.worker_type));
      session.print(
        `${sign} ${who} ${answer.kind} in ${formatDuration(answer.elapsedMs)}${style.faint(detailsOf(answer))}`,
      );
      if (!good)
        session.print(`  ${style.bad(disarm(result.error || 'the worker gave no reason').replaceAll('\n', '\n  '))}`);
      const { output } = result;
      if (output !== undefined && output !== null) session.print(disarm(JSON.stringify(output, null, 2)));
    },
    hop: (hop) => session.print(hopLine(hop, session)),
    trace: ({ hops, stages, missing }) => {
      if (stages.length > 0) {
        session.print('');
        for (const line of stageChart(stages, hops.at(-1)?.at_ms ?? 0, out)) session.print(line);
        session.print('');
      }
      // A final one is an error, which says the same.
      if (missing === undefined || missing.final) return;
      session.print(`${style.bad(symbols.fail)} ${disarmLine(missing.problem)}`);
      for (const evidence of missing.evidence) session.print(`  ${symbols.bullet} ${disarmLine(evidence)}`);
    },
    summary: (report: BatchReport) => {
      // With answers on stdout, the summary is talk; alone, it is the answer.
      const screen = report.waited ? session.err : out;
      for (const line of summaryLines(report, screen)) {
        if (report.waited) talk.info(line);
        else session.print(line);
      }
    },
  };
}

function detailsOf({ result }: Answered): string {
  const { processing_time_ms: worked, model_used: model, token_usage: tokens } = result;
  const details: string[] = [];
  if (typeof worked === 'number' && worked > 0) details.push(`worker ${formatDuration(worked)}`);
  if (typeof model === 'string' && model !== '') details.push(disarmLine(model));
  const { prompt_tokens: prompt, completion_tokens: completion } = tokens ?? {};
  if (Number(prompt) > 0 || Number(completion) > 0) details.push(`${Number(prompt)} + ${Number(completion)} tokens`);
  return details.length === 0 ? '' : ` (${details.join(', ')})`;
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
};
const LABEL_WIDTH = 13;
const TIME_WIDTH = 8;

function hopLine(hop: Hop, { out }: Session): string {
  const { style } = out;
  const bad = hop.kind.includes('dead_letter') || hop.kind === 'unreadable' || hop.status === 'failed';
  const ended = hop.kind === 'result' || hop.kind === 'stage_result';
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
