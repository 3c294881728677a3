import { wireTime } from '../../../contract/wire-time.ts';
import { HeddleError } from '../../../errors.ts';
import { didYouMean } from '../../../suggest.ts';
import type { MessageRecord } from '../../../tail/record.ts';
import { formatDuration } from '../../flags/duration.ts';
import { disarmLine } from '../../screen/disarm.ts';
import { bodyText } from './body.ts';
import { ordinal } from './own-text.ts';
import { timeOfDay } from './time-of-day.ts';

type Value = string | number | undefined;

/** What a template may name; docs/tail.md lists them, and a test holds the page to this table. */
export const TEMPLATE_FIELDS: Readonly<Record<string, (record: MessageRecord) => Value>> = {
  time: ({ receivedAt }) => timeOfDay(receivedAt),
  received_at: ({ receivedAt }) => wireTime(receivedAt),
  subject: ({ subject }) => subject,
  kind: ({ decoded }) => decoded.kind,
  generation: ({ decoded }) => decoded.generation,
  size: ({ bytes }) => bytes.length,
  worker_type: ({ facts }) => facts.worker,
  tier: ({ facts }) => facts.tier,
  status: ({ facts }) => facts.status,
  task_id: ({ facts }) => facts.task,
  parent_task_id: ({ facts }) => facts.parent,
  goal_id: ({ facts }) => facts.goal,
  request_id: ({ facts }) => facts.request,
  priority: ({ facts }) => facts.priority,
  stage: ({ facts }) => facts.stage,
  model: ({ facts }) => facts.model,
  duration: ({ facts }) => (facts.durationMs === undefined ? undefined : formatDuration(facts.durationMs)),
  duration_ms: ({ facts }) => facts.durationMs,
  latency_ms: ({ pair }) => pair?.latencyMs,
  nth: ({ pair }) => (pair === undefined ? undefined : ordinal(pair.nth)),
  tokens: ({ facts }) => facts.tokens?.total,
  prompt_tokens: ({ facts }) => facts.tokens?.prompt,
  completion_tokens: ({ facts }) => facts.tokens?.completion,
  error: ({ facts }) => facts.error,
  instruction: ({ facts }) => facts.instruction,
  body: (record) => bodyText(record),
  message: ({ decoded }) => decoded.text,
};

const PART = /\{\{|\}\}|\{([^{}]*)\}|\\[nt\\]|[{}]/g;
const ESCAPES: Readonly<Record<string, string>> = { '{{': '{', '}}': '}', '\\n': '\n', '\\t': '\t', '\\\\': '\\' };

/** `{field}`, `{{` and `}}` for braces, `\n` and `\t`. What a message does not have is a dash. */
export function readTemplate(text: string): (record: MessageRecord) => string {
  const parts: (string | ((record: MessageRecord) => Value))[] = [];
  let from = 0;
  for (const match of text.matchAll(PART)) {
    parts.push(text.slice(from, match.index));
    from = match.index + match[0].length;
    const literal = ESCAPES[match[0]];
    if (literal !== undefined) parts.push(literal);
    else if (match[1] !== undefined) parts.push(fieldOf(match[1].trim()));
    else throw new HeddleError('usage', `--template: a single ${match[0]}`, { hint: 'Write {{ and }} for braces.' });
  }
  parts.push(text.slice(from));
  return (record) => {
    let line = '';
    for (const part of parts) {
      if (typeof part === 'string') line += part;
      else {
        const value = part(record);
        line += value === undefined || value === '' ? '-' : typeof value === 'number' ? value : disarmLine(value);
      }
    }
    return line;
  };
}

function fieldOf(name: string): (record: MessageRecord) => Value {
  const field = Object.hasOwn(TEMPLATE_FIELDS, name) ? TEMPLATE_FIELDS[name] : undefined;
  if (field !== undefined) return field;
  const names = Object.keys(TEMPLATE_FIELDS);
  throw new HeddleError('usage', `--template: there is no field ${JSON.stringify(name.slice(0, 60))}`, {
    hint: [didYouMean(name, names), `Fields: ${[...names].sort().join(', ')}.`].filter(Boolean).join(' '),
  });
}
