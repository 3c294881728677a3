import { UNREAD_FRAME } from '../../contract/frame.ts';
import type { TaskResult } from '../../contract/messages.ts';
import { TASKS_DEAD_LETTER } from '../../contract/subjects.ts';
import { HeddleError } from '../../errors.ts';
import { type Clock, systemClock } from '../../time/clock.ts';
import type { Message, Subscription, Transport } from '../../transport/transport.ts';
import type { Prepared } from '../prepared.ts';
import { type Expectation, type ExpectOptions, OpenExpectation } from './expectation.ts';
import { Lingering } from './lingering.ts';
import { isAnswered } from './outcome.ts';
import { type Answer, readAnswer } from './read-answer.ts';
import { readRefusal } from './read-refusal.ts';
import { type Channel, ResultSubjects, type SharedResults } from './result-subjects.ts';

export interface ResultWatchOptions {
  /** How long after an answer a second one is still noticed. Default 200. */
  readonly lingerMs?: number | undefined;
  /** The router's refusals cannot be heard: this user may not subscribe to the dead letters. */
  readonly onDeaf?: ((error: HeddleError) => void) | undefined;
  /** Default: a subscription for each result subject, gone with the last who waits there. */
  readonly results?: SharedResults | undefined;
  /** Default: the system's. */
  readonly clock?: Clock | undefined;
}

/**
 * Hears the answers to any number of tasks and goals over one connection: one subscription a result subject, one for the
 * dead letters, all gone when nobody waits.
 */
export class ResultWatch {
  readonly #transport: Transport;
  readonly #clock: Clock;
  readonly #onDeaf: (error: HeddleError) => void;
  readonly #subjects: ResultSubjects;
  readonly #open = new Map<string, OpenExpectation>();
  readonly #lingering: Lingering;
  readonly #undo: () => void;
  #letters: Subscription | undefined;
  #deaf = false;
  #disconnections = 0;

  constructor(transport: Transport, options: ResultWatchOptions = {}) {
    this.#transport = transport;
    this.#clock = options.clock ?? systemClock;
    this.#onDeaf = options.onDeaf ?? (() => {});
    this.#subjects = new ResultSubjects(transport, options.results, (channel, message) => this.#hear(channel, message));
    this.#lingering = new Lingering(options.lingerMs ?? 200, (subject) => this.#release(subject), this.#clock);
    this.#undo = transport.onEvent((event) => {
      if (event.kind === 'disconnected') this.#disconnections += 1;
      else if (event.kind === 'permission' && event.operation === 'subscribe')
        this.#refused(event.subject, event.error);
    });
    void transport.closed.then((reason) => {
      const error = reason ?? new HeddleError('connection_closed', 'the connection was closed while waiting');
      for (const each of [...this.#open.values()]) each.abandon(error);
    });
  }

  /** Subscribes where the answer will come. The server has taken that once a flush of the transport resolved. */
  expect(prepared: Pick<Prepared, 'id' | 'kind' | 'resultSubject'>, options: ExpectOptions): Expectation {
    const { id, resultSubject } = prepared;
    if (this.#open.has(id)) {
      throw new HeddleError('usage', `an answer to ${JSON.stringify(id)} is already awaited`, {
        hint: 'Every task needs an id of its own: leave it out to get a fresh one.',
      });
    }
    const channel = this.#subjects.join(resultSubject);
    const answersDue = 1 + (this.#lingering.get(id)?.answersDue ?? 0);
    const expectation = new OpenExpectation(prepared, options, answersDue, {
      clock: this.#clock,
      disconnections: () => this.#disconnections,
      ended: (over) => {
        this.#open.delete(id);
        channel.open.delete(over);
        this.#lingering.add(id, resultSubject, over);
      },
    });
    this.#open.set(id, expectation);
    channel.open.add(expectation);
    this.#hearLetters();
    return expectation;
  }

  get waiting(): number {
    return this.#open.size;
  }

  /** Resolves when second answers are looked out for no more. */
  lingered(): Promise<void> {
    return this.#lingering.over();
  }

  /** Gives up everything at once. */
  close(): void {
    const error = new HeddleError('interrupted', 'waiting was given up');
    for (const each of [...this.#open.values()]) each.abandon(error);
    this.#lingering.clear();
    this.#subjects.close();
    this.#letters?.unsubscribe();
    this.#letters = undefined;
    this.#undo();
  }

  #release(subject: string): void {
    this.#subjects.leave(subject);
    if (this.#subjects.size > 0) return;
    this.#letters?.unsubscribe();
    this.#letters = undefined;
  }

  #hearLetters(): void {
    if (this.#letters !== undefined) return;
    this.#letters = this.#transport.subscribe(TASKS_DEAD_LETTER, (message) => this.#hearRefusal(message));
  }

  #refused(subject: string, error: HeddleError): void {
    // Others on this connection may want them, too, and each is refused.
    if (subject === TASKS_DEAD_LETTER && !this.#deaf) {
      this.#deaf = true;
      this.#onDeaf(error);
    }
    for (const each of this.#subjects.deafWithout(subject)) each.abandon(error);
  }

  #hear(channel: Channel, message: Message): void {
    const answer = readAnswer(message);
    const expectation = this.#addressee(channel, answer);
    if (answer.kind === 'result') {
      if (expectation !== undefined) return this.#answered(expectation, answer, message.subject);
      const finished = this.#lingering.get(answer.id);
      if (finished !== undefined) return answer.final ? this.#answeredAgain(finished, answer.result) : undefined;
      const { result, framed } = answer;
      for (const each of channel.open) {
        if (each.kind === 'goal') each.progress({ kind: 'stage', result, framed, atMs: each.elapsedMs });
      }
      return;
    }
    const { problem, text } = answer;
    if (expectation === undefined) {
      for (const each of channel.open) each.progress({ kind: 'foreign', problem, atMs: each.elapsedMs });
      return;
    }
    if (expectation.passMalformed) {
      return expectation.progress({ kind: 'foreign', problem, atMs: expectation.elapsedMs });
    }
    const { id, elapsedMs } = expectation;
    expectation.answersDue -= 1;
    expectation.end({ kind: 'malformed', id, problem, text, subject: message.subject, elapsedMs });
  }

  /** Whom a message on this channel is for. What cannot be read is for the only one who waits here for a task. */
  #addressee(channel: Channel, answer: Answer): OpenExpectation | undefined {
    if (answer.kind !== 'unreadable') {
      const named = this.#open.get(answer.id);
      return named !== undefined && channel.open.has(named) ? named : undefined;
    }
    const { text } = answer;
    for (const each of channel.open) {
      const only = channel.open.size === 1 && each.kind === 'task' && !each.sharedSubject;
      if (only || text?.includes(each.id) === true) return each;
    }
    return undefined;
  }

  #answered(expectation: OpenExpectation, answer: Answer & { kind: 'result' }, subject: string): void {
    const { result, text, final, framed } = answer;
    const { id, elapsedMs, acceptFrames } = expectation;
    if (!final) return expectation.progress({ kind: 'status', status: result.status, atMs: elapsedMs });
    expectation.answersDue -= 1;
    if (framed && !acceptFrames) {
      const problem = `the answer is ${UNREAD_FRAME}`;
      return expectation.end({ kind: 'malformed', id, problem, text, subject, elapsedMs, framed: result });
    }
    const kind = result.status === 'failed' ? 'failed' : 'completed';
    expectation.end({ kind, id, result, text, subject, elapsedMs, framed });
  }

  /** Of work that is over, also because nobody waited any longer: only what was not due is the work done twice. */
  #answeredAgain(finished: OpenExpectation, result: TaskResult): void {
    const { ended, elapsedMs: atMs } = finished;
    if (finished.answersDue > 0) {
      finished.answersDue -= 1;
      return finished.progress({ kind: 'late', result, atMs });
    }
    const first = ended !== undefined && isAnswered(ended) ? ended.result.worker_type : undefined;
    finished.progress({ kind: 'duplicate', result, first, atMs });
  }

  #hearRefusal(message: Message): void {
    const refusal = readRefusal(message);
    if (refusal === undefined) return;
    const { taskId, parentId, workerType, reason, retryable, text } = refusal;
    const task = this.#open.get(taskId);
    if (task?.kind === 'task') {
      return task.end({ kind: 'dead_lettered', id: taskId, reason, retryable, text, elapsedMs: task.elapsedMs });
    }
    const goal = parentId === undefined ? undefined : this.#open.get(parentId);
    if (goal?.kind === 'goal') {
      goal.progress({ kind: 'stage_refused', taskId, workerType, reason, atMs: goal.elapsedMs });
    }
  }
}
