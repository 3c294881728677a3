import { readJsonObjectText } from '../../contract/decode-json.ts';
import type { HeddleError } from '../../errors.ts';
import { sleep, within } from '../../time/wait.ts';
import { thrownWords } from '../handler-words.ts';
import { lifeOf, type RunningWorker, stoppedEarly, type WorkerOptions } from '../life.ts';
import { TaskEnded } from '../perform-task.ts';
import { type Gate, refusalOf, type Said } from './gate.ts';
import { answerText, type HandedTask, handedTask } from './item.ts';

export interface ViaOptions extends WorkerOptions {
  readonly gate: Gate;
  /** Names this worker in the gateway's directory. */
  readonly workerId: string;
}

/** A worker behind a gateway. What is not done near the end of its grace goes back to the others. */
export type RunningVia = Omit<RunningWorker, 'subject'>;

const POLL_MS = 30_000;
const PAUSES_MS = [200, 500, 1_000, 2_000, 5_000];
/** What of the grace is kept for handing back what was cut. */
const RETURN_SHARE = 0.2;
/** As long as results fit there; the gateway holds them to its own limits. */
const MOST_BYTES = 64 * 1024 * 1024;

/** Takes tasks over HTTP until stopped. Resolves when the gateway has answered once and the handler is ready. */
export async function serveVia(options: ViaOptions): Promise<RunningVia> {
  const { gate, performer, workerId } = options;
  const life = lifeOf(options);
  // As many polls stand at one time, and with them tasks.
  const { name, tier, clock, uuid, concurrency, counts, log, reload } = life;
  const asking = new AbortController();
  const cut = new AbortController();
  let running = 0;
  let refuse: (error: HeddleError) => void = () => {};
  const refused = new Promise<HeddleError>((resolve) => {
    refuse = resolve;
  });
  let away = false;
  let failures = 0;

  const noteAway = (reason: string): number => {
    if (!away) log({ kind: 'gateway_away', url: gate.url, reason });
    away = true;
    failures += 1;
    return PAUSES_MS[Math.min(failures, PAUSES_MS.length) - 1] as number;
  };
  const noteBack = (): void => {
    if (away) log({ kind: 'gateway_back', url: gate.url });
    away = false;
    failures = 0;
  };

  /** undefined: nothing came, or it is over. */
  const poll = async (timeoutMs: number): Promise<HandedTask | undefined> => {
    let pauseMs: number;
    try {
      const said = await gate.poll(
        { task_types: [`${name}.${tier}`], max_tasks: 1, timeout_ms: timeoutMs, worker_id: workerId },
        asking.signal,
      );
      if (said.status === 200) {
        noteBack();
        return handedTask(said.text, uuid);
      }
      const error = refusalOf(said, gate.url);
      if (error !== undefined) {
        refuse(error);
        asking.abort();
        return undefined;
      }
      pauseMs = Math.max(noteAway(said.detail), said.retryAfterMs ?? 0);
    } catch (thrown) {
      if (asking.signal.aborted) return undefined;
      pauseMs = noteAway(wordsOf(thrown));
    }
    await sleep(clock, pauseMs, asking.signal);
    return undefined;
  };

  /** Until the gateway has it, or the lease is over. */
  const answer = async (handed: HandedTask, body: string): Promise<Said | undefined> => {
    for (let attempt = 0; ; attempt += 1) {
      let said: Said | undefined;
      try {
        said = await gate.resolve(handed.handle, body);
        if (said.status < 500 && said.status !== 429) return said;
      } catch (thrown) {
        noteAway(wordsOf(thrown));
      }
      if (cut.signal.aborted && attempt > 0) return said;
      const pauseMs = PAUSES_MS[Math.min(attempt, PAUSES_MS.length - 1)] as number;
      await sleep(clock, Math.max(pauseMs, said?.retryAfterMs ?? 0), cut.signal);
    }
  };

  const work = async (handed: HandedTask): Promise<void> => {
    const { task, handle, leaseId, leaseMs } = handed;
    const ids = life.idsOf(task);
    counts.taken += 1;
    const gone = new AbortController();
    let isDone = false;
    const lost = (reason: string): void => {
      // Of what is done, the answer to its answer tells more.
      if (gone.signal.aborted || isDone) return;
      log({ kind: 'lease_gone', reason, ...ids });
      gone.abort(new TaskEnded(reason));
    };
    const beat = `{"action":"heartbeat","lease_id":${JSON.stringify(leaseId)}}`;
    const alive = clock.every(Math.max(100, leaseMs / 3), () => {
      gate.resolve(handle, beat).then(
        ({ status, detail }) => {
          if (status === 404 || status === 409 || status === 410) lost(detail);
        },
        // The next one may get through; if none does, the answer is refused.
        () => {},
      );
    });
    const until = AbortSignal.any([cut.signal, gone.signal]);
    const finished = await life.perform(task, ids, { cut: until, maxPayload: MOST_BYTES });
    const { status, error, text } = finished;
    isDone = true;
    if (!gone.signal.aborted) {
      const isCut = cut.signal.aborted && status === 'failed' && error === thrownWords(cut.signal.reason);
      const body = isCut
        ? `{"action":"release","lease_id":${JSON.stringify(leaseId)}}`
        : answerText(handed, status, text);
      const said = await answer(handed, body);
      if (said?.status === 200) {
        if (isInDoubt(said)) {
          counts.unconfirmed += 1;
          log({ kind: 'result_unconfirmed', reason: 'the gateway lost its connection to the bus meanwhile', ...ids });
        }
        if (isCut) log({ kind: 'lease_gone', reason: 'the worker was stopped, and gave the task back', ...ids });
        else life.done(finished, ids, 0);
      } else {
        counts.unsent += 1;
        log({
          kind: 'result_unsent',
          reason: said?.detail ?? 'the gateway did not answer before the grace ended',
          ...ids,
        });
      }
    }
    // As long as the answer is under way the task is ours.
    clock.cancel(alive);
    await life.reset(ids.taskId);
  };

  const slot = async (first: boolean): Promise<void> => {
    let timeoutMs = first ? 0 : POLL_MS;
    while (!asking.signal.aborted) {
      const handed = await poll(timeoutMs);
      // Whether it is back is to be known at once.
      timeoutMs = away ? 0 : POLL_MS;
      if (handed === undefined) {
        ready();
        continue;
      }
      ready();
      running += 1;
      await work(handed);
      running -= 1;
    }
    ready();
  };

  await performer.start();
  let ready = (): void => {};
  const isReady = new Promise<void>((resolve) => {
    ready = resolve;
  });
  // One asks first: whether the gateway knows us is known before the others come.
  const slots = [slot(true)];
  await isReady;
  const { timeoutMs } = life.settings();
  log({ kind: 'via_started', name, tier, url: gate.url, concurrency, timeoutMs });
  for (let more = 1; more < concurrency; more += 1) slots.push(slot(false));

  const finish = async (graceMs: number, left: () => number): Promise<void> => {
    asking.abort();
    const done = Promise.all(slots);
    if (await within(clock, done, graceMs * (1 - RETURN_SHARE))) return;
    cut.abort(stoppedEarly(graceMs));
    await within(clock, done, left());
  };
  const ending = life.ending({ running: () => running, waiting: () => 0, finish });
  return {
    counts,
    get running() {
      return running;
    },
    waiting: 0,
    reload,
    stop: ending.stop,
    closed: Promise.race([refused, performer.gaveUp]).then((error) => (ending.wasAsked() ? undefined : error)),
  };
}

/** The gateway could not learn whether the result is on the bus. */
function isInDoubt({ text }: Said): boolean {
  const read = readJsonObjectText(text);
  return read.ok && read.value.confirmed === false;
}

/** Behind "fetch failed" stands why. */
function wordsOf(thrown: unknown): string {
  const { cause } = thrown as { cause?: unknown };
  return cause instanceof Error ? cause.message : thrownWords(thrown);
}
