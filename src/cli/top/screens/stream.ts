import type { Streamed } from '../../../top/stream.ts';
import { formatCount } from '../../screen/count.ts';
import { disarmLine } from '../../screen/disarm.ts';
import { bodyLines } from '../../tail/show/body.ts';
import { gapText } from '../../tail/show/own-text.ts';
import { timeOfDay } from '../../tail/show/time-of-day.ts';
import type { TopScreen } from '../screen.ts';
import { shellWord } from '../words.ts';

/** Everything that passes, as `tail --all` shows it: the newest last. */
export const stream: TopScreen<Streamed> = {
  title: 'Stream',
  follows: true,
  filtersMessages: true,
  rows: ({ model }) => [...model.stream.records],
  id: (record) => record,
  fields: (record) =>
    record.record === 'gap'
      ? { record: 'gap', reason: record.reason, missed: record.missed ?? null }
      : { subject: record.subject, kind: record.decoded.kind, message: record.decoded.text ?? null },
  lines: (record, look) => [
    record.record === 'gap'
      ? `${timeOfDay(record.to)}  ${look.style.warn(`gap      ${gapText(record)}`)}`
      : look.messageLine(record, look.style),
  ],
  head: (_rows, { model: { stream: seen } }) =>
    `the last ${formatCount(seen.records.length)}${
      seen.unjudged === 0 ? '' : `, ${formatCount(seen.unjudged)} too many at a time for the filter`
    }`,
  nothing: ({ model }) =>
    model.flows.messages.count === 0 ? 'no message passed since this view began' : 'no message passed the filter',
  detail: (record, _state, look) =>
    record.record === 'gap'
      ? [gapText(record)]
      : [disarmLine(record.subject), look.messageLine(record, look.style), '', ...bodyLines(record, '  ')],
  commands: (_rows, where) => {
    if (where === undefined) return ['heddle-ts tail --all -o ndjson'];
    const asked = where.text ? `--grep ${shellWord(`/${where.written}/i`)}` : `--where ${shellWord(where.written)}`;
    return [`heddle-ts tail --all -o ndjson ${asked}`];
  },
};
