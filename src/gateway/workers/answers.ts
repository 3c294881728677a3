import type { NewResult } from '../../contract/build.ts';
import { resultText } from '../../contract/result-text.ts';
import { partProblem, RESULTS_DEFAULT, resultSubject } from '../../contract/subjects.ts';
import { createOutbox, type Loss, type Outbox } from '../../delivery/outbox.ts';
import { problem } from '../../http/problem.ts';
import type { Clock } from '../../time/clock.ts';
import type { GatewayBus } from '../bus.ts';
import type { WorkJob } from './job.ts';

/** Puts the one result of a task on the bus. */
export class Answers {
  readonly #bus: GatewayBus;
  readonly #clock: Clock;
  readonly #lost: (job: WorkJob, how: Loss, reason: string) => void;
  readonly #outbox: Outbox;
  #gone = false;

  constructor(bus: GatewayBus, clock: Clock, lost: (job: WorkJob, how: Loss, reason: string) => void) {
    this.#bus = bus;
    this.#clock = clock;
    this.#lost = lost;
    this.#outbox = createOutbox(bus.transport, clock);
    void bus.transport.closed.then(() => {
      this.#gone = true;
    });
  }

  /** For a worker that waits: resolves when the server has it. Throws a problem when the worker is to try again, or to send less. */
  give(job: WorkJob, result: NewResult, outputText?: string): Promise<void> {
    const text = resultText(job.task, result, outputText, this.#clock);
    const { maxPayload } = this.#bus.transport.info;
    const bytes = Buffer.byteLength(text);
    if (bytes > maxPayload) {
      throw problem('body_too_large', { detail: `the result has ${bytes} bytes; the bus takes ${maxPayload}` });
    }
    return this.#bus.deliver(subjectOf(job), text);
  }

  /** A failure that no worker waits for. While the bus is away it is kept; what is lost all the same is told. */
  fail(job: WorkJob, error: string, ms = 0): void {
    const text = resultText(job.task, { status: 'failed', error, processing_time_ms: ms }, undefined, this.#clock);
    this.#outbox.send({ subject: subjectOf(job), text, lost: (how, reason) => this.#lost(job, how, reason) });
  }

  async settle(withinMs: number): Promise<void> {
    // For a connection that does not come back nobody need wait.
    await this.#outbox.settle(this.#gone ? 0 : withinMs);
  }
}

/** Watchers see what can have no subject of its own. */
function subjectOf({ task: { parentTaskId } }: WorkJob): string {
  return parentTaskId !== null && parentTaskId !== '' && partProblem(parentTaskId) !== undefined
    ? RESULTS_DEFAULT
    : resultSubject(parentTaskId);
}
