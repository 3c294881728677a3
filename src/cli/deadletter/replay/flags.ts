import type { JsonObject } from '../../../contract/json.ts';
import { readTarget } from '../../../deadletter/replay/outgoing.ts';
import { HeddleError } from '../../../errors.ts';
import { duration } from '../../flags/duration.ts';
import { maybe, text, textOr, texts, toggle } from '../../flags/flag.ts';
import { flagGroup, type ValuesOf } from '../../flags/group.ts';
import { rate } from '../../flags/rate.ts';
import { wholeFrom } from '../../flags/whole-number.ts';
import { HOME } from '../home.ts';
import { SELECT } from '../select.ts';

const DEFAULT_WAIT_MS = 60_000;
const MOST = 1_000_000_000;

export const resendUncertain = toggle(
  '--resend-uncertain',
  'send what may have been sent: somebody may do that work twice',
);

const ALL = flagGroup({
  heading: 'And also:',
  flags: {
    everything: toggle('--everything', 'whatever is open, without another choice'),
    again: toggle('--again', 'what was sent already or archived, too'),
    maxReplays: textOr(
      '--max-replays <n>',
      'leave out work that was sent again so often and failed each time (default 3)',
      wholeFrom(1, 1000),
      3,
    ),
    resendUncertain,
    limit: text('--limit <n>', 'at most so many, the oldest first', wholeFrom(1, MOST)),
  },
});

export const CHANGES = flagGroup({
  heading: 'Changing them (else the very bytes are sent again):',
  flags: {
    set: texts('--set <key=value>', 'set one field of the payload to text; dots make objects'),
    setJson: texts('--set-json <key=json>', 'set one field of the payload to a JSON value'),
    edit: toggle('--edit', 'open the work in $EDITOR; of one letter'),
    newId: toggle('--new-id', 'under a fresh task id, with the old one in metadata.replayed_from'),
    to: text('--to <worker.tier>', 'to this worker and tier, past the router', readTo),
  },
});

const CHECKING = flagGroup({
  heading: 'Looking ahead:',
  flags: {
    config: text('--config <worker.yaml>', "tell which payloads break this worker's schema"),
    routerConfig: text('--router-config <rules.yaml>', 'tell what these rules would do'),
    dryRun: toggle('-n, --dry-run', 'show the plan, send nothing'),
    yes: toggle('--yes', 'send without asking'),
  },
});

export const PACE = flagGroup({
  heading: 'Sending:',
  flags: {
    rate: text('--rate <n/s>', 'at most so many: 50/s, 10/m', rate),
    concurrency: textOr('--concurrency <n>', 'under way at once (default 32)', wholeFrom(1, 1000), 32),
    wait: maybe('--wait [duration]', 'follow each to its answer (default 60s)', duration({ min: 1 }), DEFAULT_WAIT_MS),
    reconnectTimeout: textOr(
      '--reconnect-timeout <duration>',
      'how long the connection may stay away (default 60s)',
      duration(),
      60_000,
    ),
  },
});

export const REPLAY = [SELECT, ALL, CHANGES, CHECKING, PACE, HOME] as const;
export type ReplayFlags = ValuesOf<typeof REPLAY>;

/** What of the command line belongs to the operation, and holds for its resumption as well. */
export interface Kept {
  readonly newId: boolean;
  readonly to: { readonly worker: string; readonly tier: string } | undefined;
  readonly set: readonly string[];
  readonly setJson: readonly string[];
  /** The whole work, as it was edited. */
  readonly edited: string | undefined;
  readonly resendUncertain: boolean;
  readonly perSecond: number | undefined;
  readonly concurrency: number;
  readonly waitMs: number | undefined;
}

export function keptDocument(kept: Kept): JsonObject {
  return JSON.parse(JSON.stringify(kept)) as JsonObject;
}

/** Of an operation that this program wrote. */
export function keptIn(how: JsonObject): Kept {
  const texts = (value: unknown): string[] =>
    Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
  const number = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);
  const { to, edited } = how;
  const target = to as Kept['to'];
  return {
    newId: how.newId === true,
    to: typeof target?.worker === 'string' && typeof target.tier === 'string' ? target : undefined,
    set: texts(how.set),
    setJson: texts(how.setJson),
    edited: typeof edited === 'string' ? edited : undefined,
    resendUncertain: how.resendUncertain === true,
    perSecond: number(how.perSecond),
    concurrency: number(how.concurrency) ?? 32,
    waitMs: number(how.waitMs),
  };
}

function readTo(written: string, flag: string): { worker: string; tier: string } {
  const target = readTarget(written);
  if (target !== undefined) return target;
  throw new HeddleError('usage', `${flag}: ${JSON.stringify(written.slice(0, 100))} is no worker and tier`, {
    hint: 'Write <worker>.<tier>, the tier one of local, standard, frontier: --to ocr.local',
  });
}
