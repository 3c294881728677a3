import { rawValue } from '../../../contract/members.ts';
import type { Answered } from '../../../delivery/wait/outcome.ts';
import { formatDuration } from '../../flags/duration.ts';
import { formatSize } from '../../flags/size.ts';
import { disarm, disarmLine } from '../../screen/disarm.ts';
import { prettyJson } from '../../screen/pretty-json.ts';
import { symbolsFor } from '../../screen/symbols.ts';
import type { Session } from '../../session.ts';
import type { MessageRenderer } from './renderer.ts';

export function humanMessage(session: Session): MessageRenderer {
  const { out, talk } = session;
  const { style } = out;
  const symbols = symbolsFor(out.unicode);
  return {
    dryRun: ({ subject, bytes, text }) => {
      talk.info(`would publish ${formatSize(bytes)} on ${subject}; nothing was sent`);
      session.print(disarm(prettyJson(text)));
    },
    receipt: (receipt) => {
      session.print(disarmLine(receipt.task_id ?? receipt.goal_id ?? ''));
      const heard = receipt.heard === 'yes' ? 'heard by somebody' : `heard: ${receipt.heard}`;
      const size = formatSize(receipt.bytes);
      talk.detail(`sent ${size} to ${receipt.subject}, ${heard}, after ${formatDuration(receipt.elapsed_ms)}`);
      if (receipt.heard === 'yes')
        talk.detail('a watcher counts as somebody; --verify tells it from who does the work');
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
      const output = rawValue(answer.text, 'output');
      if (output !== undefined && output !== 'null') session.print(disarm(prettyJson(output)));
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
