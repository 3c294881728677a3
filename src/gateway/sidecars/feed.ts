import { Sidecar } from '../../child/sidecar.ts';
import type { SidecarConfig } from '../../config/views/gateway-config/parts/sidecars.ts';
import { isJsonObject, type JsonObject } from '../../contract/json.ts';
import { rawValue } from '../../contract/members.ts';
import { Problem } from '../../http/problem.ts';
import { CounterBy } from '../../http/prometheus.ts';
import type { Subscription } from '../../transport/transport.ts';
import type { Core } from '../core.ts';
import { mappedWork } from '../mapped-work.ts';
import type { Means } from '../part.ts';
import { Patient } from '../patient.ts';
import { placeOf, STOP_MS } from '../programs.ts';
import { keyedId, orderOf, traceFrom } from '../requests/order.ts';
import { inputIssues, invalid } from '../requests/read-work.ts';
import { REQUEST_PREFIX, taskIdOf } from '../requests/record.ts';
import { showInput } from '../show-input.ts';
import { asJson } from '../webhook/body.ts';
import { render, type SourceDocument } from '../webhook/render.ts';

const OUTCOMES = ['accepted', 'unheard', 'unmapped', 'overflow', 'given_up', 'failed'] as const;

/**
 * A program beside the gateway that says what happens, one JSON object a line: `{"type": "event", "id", "data"}`, or any object without a
 * type. For each line with an id it hears what became of it: `ack` once the bus has the task, `refused` with the reason, and where the
 * config says so the `result`.
 */
export class SidecarFeed {
  readonly name: string;
  readonly outcomes = new CounterBy<(typeof OUTCOMES)[number]>('outcome', OUTCOMES);
  readonly #core: Core;
  readonly #config: SidecarConfig;
  readonly #sidecar: Sidecar;
  readonly #patient: Patient;
  #inflight = 0;
  #stopping = false;
  #shown: Subscription | undefined;

  constructor(core: Core, config: SidecarConfig, means: Means) {
    this.name = config.name;
    this.#core = core;
    this.#config = config;
    this.#patient = new Patient(core.clock);
    this.#sidecar = new Sidecar({
      name: config.name,
      command: config.command,
      ...placeOf(config.env, means),
      restarts: config.restarts,
      clock: core.clock,
      log: core.log,
      hear: (value, text) => this.#hear(value, text),
    });
  }

  /** Rejects, in words, when it cannot be started. It need not be ready: lines are taken as they come. */
  async open(): Promise<void> {
    await this.#sidecar.start(1);
    const shown = showInput(this.#core, 'sidecar', this.name);
    void this.#sidecar.gone.then(() => shown.unsubscribe());
    this.#shown = shown;
  }

  get state() {
    const { state, reason, starts, deaths, badLines } = this.#sidecar.state;
    return {
      name: this.name,
      state,
      reason: reason ?? null,
      starts,
      deaths,
      bad_lines: badLines,
      inflight: this.#inflight,
      held: this.#patient.held,
    };
  }

  stopTaking(): void {
    this.#stopping = true;
    this.#patient.giveUp();
    this.#sidecar.send({ type: 'stop' });
  }

  async close(): Promise<void> {
    this.#shown?.unsubscribe();
    await this.#sidecar.stop(STOP_MS);
  }

  #hear(line: JsonObject, text: string): boolean {
    const { type = 'event', id } = line;
    if (type !== 'event') return false;
    const named = typeof id === 'string' || typeof id === 'number' ? id : undefined;
    if (this.#stopping) return true;
    if (this.#inflight >= this.#config.inflight) {
      this.outcomes.add('overflow');
      if (named !== undefined)
        this.#tell({ type: 'refused', id: named, reason: 'too many lines wait', retryable: true });
      return true;
    }
    this.#inflight += 1;
    void this.#take(line, text, named)
      .catch((thrown: unknown) => {
        const reason = thrown instanceof Error ? thrown.message : String(thrown);
        this.outcomes.add(thrown instanceof Problem ? 'unmapped' : 'failed');
        this.#core.log({ kind: 'sidecar_line', sidecar: this.name, what: 'bad', text: reason });
        if (named !== undefined) this.#tell({ type: 'refused', id: named, reason, retryable: false });
      })
      .finally(() => {
        this.#inflight -= 1;
      });
    return true;
  }

  async #take(line: JsonObject, text: string, id: string | number | undefined): Promise<void> {
    const core = this.#core;
    const { target, priority, answers, onUnheard } = this.#config;
    const { config, inputs } = core.live();
    // Without a type the line is the data itself.
    const data =
      line.type === undefined
        ? { value: line, text }
        : { value: line.data ?? null, text: rawValue(text, 'data') ?? 'null' };
    const body = isJsonObject(data.value) ? data : { value: { value: data.value }, text: `{"value":${data.text}}` };
    const source: SourceDocument = (root) => {
      switch (root) {
        case 'sidecar':
          return asJson(this.name);
        case 'id':
          return asJson(id ?? null);
        case 'data':
          return target.to === 'task' ? body : data;
        case 'line':
          return { value: line, text };
        default:
          return undefined;
      }
    };
    const work = mappedWork(target, priority, source);
    if (work.kind === 'task' && inputs.has(work.workerType)) {
      const issues = inputIssues(work.workerType, JSON.parse(work.payload), `{"payload":${work.payload}}`, inputs);
      if (issues.length > 0) throw invalid('task', issues);
    }
    const key =
      this.#config.id === undefined ? (id === undefined ? undefined : String(id)) : render(this.#config.id, source);
    const requestId =
      key === undefined ? `${REQUEST_PREFIX}${core.uuid()}` : keyedId('sidecar', config.name, this.name, key);
    // Its answer comes here, and is no business of the store.
    const parent = `sidecar-${taskIdOf(requestId)}`;
    const { prepared } = orderOf(
      work,
      {
        id: work.kind === 'goal' ? parent : requestId,
        parent,
        owner: `sidecar/${this.name}`,
        bodyHash: undefined,
        requestId,
        trace: traceFrom({}),
        ttlS: config.store.ttlS,
        again: undefined,
        waitMs: undefined,
        until: undefined,
      },
      core.clock.now(),
    );
    const wait = answers && id !== undefined ? core.waits.join(prepared) : undefined;
    try {
      const send = async (): Promise<void> => {
        if (wait !== undefined) await core.bus.ready();
        const listener = await core.bus.send(prepared, { leaving: wait && (() => wait.expectation.sent()) });
        core.metrics.work(work.kind, 'accepted');
        core.log({
          kind: 'work_published',
          what: work.kind,
          id: prepared.id,
          listener: listener === 'no' ? 'unknown' : listener,
          requestId,
        });
      };
      const isWanted = (): boolean => !this.#stopping;
      const how = await this.#patient.send({ send, isWanted, holdUnheard: onUnheard === 'hold' });
      this.outcomes.add(how === 'sent' ? 'accepted' : how === 'unheard' ? 'unheard' : 'given_up');
      if (id === undefined) return;
      if (how !== 'sent')
        return this.#tell({
          type: 'refused',
          id,
          reason: how === 'unheard' ? 'nobody listens' : 'the gateway ends',
          retryable: true,
        });
      this.#tell({ type: 'ack', id, task_id: prepared.id });
    } catch (thrown) {
      wait?.leave();
      throw thrown;
    }
    if (wait !== undefined && id !== undefined) void this.#answer(wait, id);
  }

  /** After its line was acknowledged: it holds up no other. */
  async #answer(wait: ReturnType<Core['waits']['join']>, id: string | number): Promise<void> {
    const outcome = await wait.outcome;
    wait.leave();
    if (outcome.kind === 'completed' || outcome.kind === 'failed') {
      this.#tell({ type: 'result', id, result: JSON.parse(outcome.text) as JsonObject });
    } else if (outcome.kind === 'dead_lettered') {
      this.#tell({
        type: 'refused',
        id,
        reason: `the router refused it: ${outcome.reason}`,
        retryable: outcome.retryable,
      });
    }
  }

  #tell(value: JsonObject): void {
    this.#sidecar.send(value);
  }
}
