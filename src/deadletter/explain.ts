import type { Letter } from '../letters/letter.ts';
import type { SomeAdvice } from '../remedy.ts';
import { idInWords } from './document.ts';

/** What a failure means, in plain words, and what can be done about it. */
export interface Explanation {
  readonly why: string;
  readonly advice: SomeAdvice;
}

export function explain(letter: Letter): Explanation {
  return EXPLAIN[letter.cause](letter);
}

const field = (reason: string): string | undefined =>
  /missing required field '([^']+)'/.exec(reason)?.[1] ??
  /(?:^|\s)(\/[\w/~-]+): /.exec(reason)?.[1] ??
  /input\.([\w.]+): expected/.exec(reason)?.[1];

const about = ({ reason }: Letter): string => {
  const name = field(reason);
  return name === undefined ? '' : `, in ${JSON.stringify(name)}`;
};

const worker = ({ worker: type = 'its worker' }: Letter): string => (type === 'its worker' ? type : `"${type}"`);

/** One for each cause; what is missing here does not compile. */
const EXPLAIN: Readonly<Record<Letter['cause'], (letter: Letter) => Explanation>> = {
  invalid_task_message: (letter) => ({
    why: `The message is no task that Heddle's router takes${about(letter)}: ${letter.reason}`,
    advice: { remedy: { do: 'mend-and-replay', what: 'message' } },
  }),
  unknown_tier: ({ tier, reason }) => ({
    why: `The router knows the tiers local, standard and frontier, and was asked for another one${tier === undefined ? '' : ` (${JSON.stringify(tier)})`}: ${reason}`,
    advice: { remedy: { do: 'replay-to-tier' } },
  }),
  rate_limited: ({ tier = 'that tier' }) => ({
    why: `The router's limit for ${tier === 'that tier' ? tier : `tier "${tier}"`} was used up. It holds max_concurrent tasks, and Heddle's router gives one back every 60/max_concurrent seconds: sent slower than that, these go through.`,
    advice: { remedy: { do: 'replay-slowly' } },
  }),
  invalid_input: (letter) => ({
    why: `${worker(letter)} does not take this payload${about(letter)}: ${letter.reason}`,
    advice: { remedy: { do: 'mend-and-replay', what: 'payload' } },
  }),
  invalid_output: (letter) => ({
    why: `${worker(letter)} answered with what breaks its own output_schema: ${letter.reason}`,
    advice: { hint: 'The payload is not at fault: mend the worker or its output_schema, then replay.' },
  }),
  worker_error: (letter) => ({
    why: `${worker(letter)} failed on it: ${letter.reason}`,
    advice: {
      hint: 'Mend what the worker stumbled over (its log has the rest), then replay; unchanged it fails again.',
    },
  }),
  no_answer: (letter) => ({
    why: `Nobody answered: ${letter.reason}. The worker was not there, or ended while it had the task.`,
    advice: { remedy: { do: 'start-worker', workerType: letter.worker ?? '<type>' } },
  }),
  stage_failed: ({ place, reason }) => ({
    why: `The goal failed because its stage "${place}" did: ${reason}`,
    advice: { hint: 'The failure of the stage is a dead letter of its own. When it is mended, send the goal again.' },
  }),
  stage_timed_out: ({ place, reason }) => ({
    why: `The goal failed because its stage "${place}" was not answered in time: ${reason}`,
    advice: { hint: 'Its worker was not there, too slow, or its task was refused; then send the goal again.' },
  }),
  goal_error: ({ reason }) => ({
    why: `The pipeline or orchestrator failed on the goal: ${reason}`,
    advice: { hint: 'Its log has the rest; then send the goal again.' },
  }),
  unreadable: ({ reason }) => ({
    why: `What came on a subject for results is none: ${reason}. Whoever waits for it waits in vain.`,
    advice: { hint: 'Mend the worker that sends it.' },
  }),
  rejected: ({ reason }) => ({
    why: `A later Heddle rejected it: ${reason}`,
    advice: { hint: 'Nothing here can be sent again.' },
  }),
  other: ({ reason }) => ({ why: reason, advice: { hint: 'The log of whoever refused it may say more.' } }),
};

/** Why it cannot be sent again as it is; undefined where it can. Of many alike, the words are the same unless each is named. */
export function unsendable(letter: Letter, original: string | undefined, named = true): string | undefined {
  if (original !== undefined) return undefined;
  const id = named ? idInWords(letter) : null;
  switch (letter.kind) {
    case 'failed_goal':
      return `the goal itself${id === null ? '' : ` (${id})`} was not seen: no stream may keep goals, for the server would take it for somebody who carries them out`;
    case 'unreadable_result':
    case 'rejection':
      return 'it is no work, but what came of some';
    default:
      return 'the task itself was not seen: only refusals hold it, unless tasks are kept as well';
  }
}

/** What to do in place of sending it again from here; undefined where there is nothing. */
export function instead({ kind }: Pick<Letter, 'kind'>): SomeAdvice | undefined {
  if (kind === 'failed_goal') return { remedy: { do: 'send-goal-again' } };
  return kind === 'failed_result' ? { remedy: { do: 'send-task-again' } } : undefined;
}

/** What somebody who knows the work decides about what may have been sent; of one letter, or of all of an operation. */
export function decision(operation: string, id?: string): SomeAdvice {
  return { remedy: { do: 'decide-uncertain', id, operation } };
}
