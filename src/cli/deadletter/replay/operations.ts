import { wireTime } from '../../../contract/wire-time.ts';
import type { Operation } from '../../../deadletter/replay/operation.ts';
import { command } from '../../command.ts';
import { EXIT } from '../../exit.ts';
import { text } from '../../flags/flag.ts';
import { flagGroup } from '../../flags/group.ts';
import type { Formats } from '../../output-format.ts';
import { counted, formatCount } from '../../screen/count.ts';
import { disarmLine } from '../../screen/disarm.ts';
import { renderTable } from '../../screen/table.ts';
import type { Session } from '../../session.ts';
import { openHome, openHomeAndBus } from '../home.ts';
import { timeText } from '../letter-line.ts';
import { keptIn, PACE, resendUncertain } from './flags.ts';
import { FORMATS as REPLAY_FORMATS } from './view.ts';

const STORE = flagGroup({
  heading: 'Where they are kept:',
  flags: { store: text('--store <dir>', "a folder that 'watch --store' fills (default: the streams of the server)") },
});

const DECIDED = flagGroup({ heading: 'Which of them:', flags: { resendUncertain } });

const OPERAND = ['<operation>', 'as replay and replay list show it'] as const;

interface Listed {
  readonly operation: Operation;
  /** Said to be running, and it is. */
  readonly runs: boolean;
}

function stateOf({ operation: { state }, runs }: Listed): string {
  return !runs && (state === 'running' || state === 'aborting') ? 'died' : state;
}

function operationDocument(listed: Listed) {
  const { id, actor, startedAt, count, how } = listed.operation;
  return { operation: id, actor, started_at: wireTime(startedAt), state: stateOf(listed), selected: count, how };
}

const LIST = {
  human: (session) => (all) => session.print(tableOf(all, session)),
  json: (session) => (all) =>
    session.json({ schema_version: 1, ok: true, operations: all.map((each) => operationDocument(each)) }),
} satisfies Formats<(all: readonly Listed[]) => void>;

/** Every replay in the journal. */
export const replayList = command({
  formats: LIST,
  connects: true,
  exact: true,
  examples: [
    ['heddle-ts dead-letter replay list', 'every replay, the latest first'],
    ['heddle-ts dead-letter replay list --store letters', 'of a folder'],
  ],
  groups: [STORE],
  run: async (session, _args, flags) => {
    const { readOperations, isRunning } = await import('../../../deadletter/replay/operation.ts');
    const home = await openHome(session, flags);
    const all: Listed[] = [];
    for (const operation of await readOperations(home.journal)) {
      all.push({ operation, runs: await isRunning(operation, session.io.clock.now()) });
    }
    LIST[session.format](session)(all);
    return EXIT.ok;
  },
});

function tableOf(all: readonly Listed[], { out }: Session): string {
  if (all.length === 0) return 'no replays';
  const columns = [
    { header: 'OPERATION' },
    { header: 'STATE' },
    { header: 'LETTERS', align: 'right' },
    { header: 'STARTED' },
    { header: 'BY', shrinks: true },
  ] as const;
  const rows = all.map((each) => {
    const { id, count, startedAt, actor } = each.operation;
    return [id, stateOf(each), formatCount(count), timeText(startedAt), actor];
  });
  return renderTable({ columns, rows, width: out.width, headerStyle: out.style.faint }).join('\n');
}

interface Shown {
  readonly listed: Listed;
  readonly counts: Readonly<Record<'sent' | 'uncertain' | 'sending' | 'open' | 'by_others', number>>;
  readonly items: readonly { readonly id: string; readonly state: string }[];
}

const SHOW = {
  human:
    (session) =>
    ({ listed, counts, items }) => {
      const { id, actor, startedAt, count } = listed.operation;
      const sums = Object.entries(counts).filter(([, many]) => many > 0);
      session.print(`${id}  ${stateOf(listed)}  by ${disarmLine(actor)} at ${timeText(startedAt)}`);
      session.print(
        `${counted(count, 'letter')}: ${sums.map(([what, many]) => `${formatCount(many)} ${what}`).join(', ')}`,
      );
      for (const each of items) if (each.state !== 'sent') session.print(`  ${each.id}  ${each.state}`);
    },
  json:
    (session) =>
    ({ listed, counts, items }) =>
      session.json({ schema_version: 1, ok: true, ...operationDocument(listed), counts, items }),
} satisfies Formats<(shown: Shown) => void>;

/** What became of each letter of a replay. */
export const replayShow = command({
  formats: SHOW,
  connects: true,
  exact: true,
  examples: [
    ['heddle-ts dead-letter replay show r-mb3k2f', 'what became of each of its letters'],
    ['heddle-ts dead-letter replay show r-mb3k2f -o json', 'for a script'],
  ],
  operand: OPERAND,
  groups: [STORE],
  run: async (session, [id = ''], flags) => {
    const [{ readOperation, isRunning }, { readSelection }, { readStandings }] = await Promise.all([
      import('../../../deadletter/replay/operation.ts'),
      import('../../../deadletter/replay/selection.ts'),
      import('../../../deadletter/journal.ts'),
    ]);
    const home = await openHome(session, flags);
    const { operation } = await readOperation(home.journal, id);
    const runs = await isRunning(operation, session.io.clock.now());
    const standings = await readStandings(home.journal, new Set(runs ? [id] : []));
    const rows = await readSelection(home.journal, operation);
    const counts = { sent: 0, uncertain: 0, sending: 0, open: 0, by_others: 0 };
    const items = rows.map((row) => {
      const entry = standings.entryOf(row.id);
      const state = entry === undefined ? 'open' : standings.stateOf(entry);
      const is =
        entry !== undefined && entry.operation !== id && state !== 'open'
          ? 'by_others'
          : state === 'archived'
            ? 'open'
            : state;
      counts[is] += 1;
      return { id: row.id, state: is };
    });
    SHOW[session.format](session)({ listed: { operation, runs }, counts, items });
    return EXIT.ok;
  },
});

/** Goes on with the rest of a replay, the way it was begun. */
export const replayResume = command({
  formats: REPLAY_FORMATS,
  connects: true,
  exact: true,
  examples: [
    ['heddle-ts dead-letter replay resume r-mb3k2f', 'sends what is left of it, each letter once'],
    ['heddle-ts dead-letter replay resume r-mb3k2f --rate 5/s', 'at another rate'],
    ['heddle-ts dead-letter replay resume r-mb3k2f --resend-uncertain', 'and those that may have been sent'],
  ],
  operand: OPERAND,
  groups: [DECIDED, PACE, STORE],
  run: async (session, [id = ''], flags) => {
    const [{ Hold }, { perform }] = await Promise.all([
      import('../../../deadletter/replay/operate.ts'),
      import('./perform.ts'),
    ]);
    const { home, bus } = await openHomeAndBus(session, flags);
    const { hold, rows, done } = await Hold.resume(home, session.io.clock, id);
    const kept = keptIn(hold.operation.how);
    const resendUncertain = flags.resendUncertain || kept.resendUncertain;
    return await perform(session, {
      ...{ home, bus, hold, rows, done },
      kept: {
        ...kept,
        resendUncertain,
        perSecond: flags.rate?.perSecond ?? kept.perSecond,
        waitMs: flags.wait ?? kept.waitMs,
      },
      patienceMs: flags.reconnectTimeout,
      write: REPLAY_FORMATS[session.format](session),
    });
  },
});

const ABORT = {
  human: (session) => (id, done) => session.print(`${id}: ${ABORT_WORDS[done]}`),
  json: (session) => (id, done) => session.json({ schema_version: 1, ok: true, operation: id, state: done }),
} satisfies Formats<(id: string, done: 'asked' | 'aborted' | 'over') => void>;

const ABORT_WORDS = {
  asked: 'asked to end; what is under way is seen through',
  aborted: 'aborted; nobody was running it',
  over: 'it is over already',
} as const;

/** Ends a replay, wherever it runs. */
export const replayAbort = command({
  formats: ABORT,
  connects: true,
  exact: true,
  examples: [
    ['heddle-ts dead-letter replay abort r-mb3k2f', 'whoever runs it sends nothing more'],
    ['heddle-ts dead-letter replay abort r-mb3k2f && heddle-ts dead-letter replay show r-mb3k2f', 'and what it did'],
  ],
  operand: OPERAND,
  groups: [STORE],
  run: async (session, [id = ''], flags) => {
    const { abort } = await import('../../../deadletter/replay/operate.ts');
    const home = await openHome(session, flags);
    ABORT[session.format](session)(id, await abort(home, session.io.clock, id));
    return EXIT.ok;
  },
});
