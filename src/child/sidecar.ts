import type { JsonObject } from '../contract/json.ts';
import type { Clock, Timer } from '../time/clock.ts';
import { type BadLine, jsonLines } from './json-lines.ts';
import { type Attendant, type Death, HELPER_LIMITS, type Kept, keepRunning, type Run } from './keep-running.ts';
import { knock, type Place } from './knock.ts';
import type { ProgramOptions } from './program.ts';
import { DEFAULT_RESTARTS } from './restart-policy.ts';

export type SidecarEvent =
  | {
      readonly kind: 'sidecar_up';
      readonly sidecar: string;
      readonly pid: number;
      readonly address: string | undefined;
    }
  | {
      readonly kind: 'sidecar_down';
      readonly sidecar: string;
      readonly reason: string;
      /** undefined: it is not started again, or it still runs. */
      readonly restartMs: number | undefined;
    }
  | {
      readonly kind: 'sidecar_line';
      readonly sidecar: string;
      readonly what: 'stderr' | 'log' | 'bad';
      readonly text: string;
    };

export interface SidecarOptions extends Omit<ProgramOptions, 'clock' | 'maxLine' | 'maxUnread'> {
  /** As it is called in messages. */
  readonly name: string;
  /** Where it listens; undefined: it says itself when it is ready. */
  readonly at?: { readonly place: Place; readonly text: string } | undefined;
  /** How often it is started again after early deaths in a row. */
  readonly restarts: number;
  /** The pause before the first of these; each further one doubles it. */
  readonly firstPauseMs?: number | undefined;
  readonly clock: Clock;
  readonly log: (event: SidecarEvent) => void;
  /** A line that is not about itself; false: nobody knows what it is. */
  readonly hear?: ((value: JsonObject, text: string) => boolean) | undefined;
}

/** For probes and metrics. */
export interface SidecarState {
  readonly name: string;
  /** `gone`: it died too often, and is not started again. */
  readonly state: 'starting' | 'up' | 'down' | 'gone' | 'stopped';
  readonly address: string | undefined;
  readonly reason: string | undefined;
  readonly starts: number;
  readonly deaths: number;
  readonly badLines: number;
}

const FIRST_KNOCK_MS = 100;
const KNOCK_MS = 5_000;
const KNOCK_PATIENCE_MS = 2_000;
/** So many knocks in a row without an answer, and it is ended and started again. */
const KNOCKS = 3;
/** Lines that it should not have written are told so often in so long, and counted beyond. */
const TOLD_MOST = 10;
const TOLD_MS = 10_000;

/**
 * A program with a life of its own beside ours: started first, watched, started again with growing pauses, and ended with all that it
 * started. It is up when somebody answers where it listens, or when it has said `{"type": "ready"}` on a line of its output; with that
 * line it may name its address.
 */
export class Sidecar {
  readonly #options: SidecarOptions;
  #kept: Kept<Attendant> | undefined;
  #run: Run | undefined;
  #state: SidecarState['state'] = 'starting';
  #reason: string | undefined;
  #address: string | undefined;
  #starts = 0;
  #deaths = 0;
  #badLines = 0;
  #missed = 0;
  #timer: Timer | undefined;
  #decided: (() => void) | undefined;
  #toldUntil = 0;
  #told = 0;
  #giveUp: (why: string) => void = () => {};
  /** Settles, in words, when it is not started again; never otherwise. */
  readonly gone = new Promise<string>((resolve) => {
    this.#giveUp = resolve;
  });

  constructor(options: SidecarOptions) {
    this.#options = options;
    this.#address = options.at?.text;
  }

  /** Resolves when it is up, or is given up, or `ms` are over; `state` tells which. Rejects, in words, when it cannot be started at all. */
  async start(ms: number): Promise<void> {
    const { clock, command, cwd, env, platform, restarts, firstPauseMs = DEFAULT_RESTARTS.firstMs } = this.#options;
    const decided = new Promise<void>((resolve) => {
      this.#decided = resolve;
    });
    const kept = await keepRunning(
      {
        command,
        cwd,
        env,
        platform,
        clock,
        ...HELPER_LIMITS,
        restart: { firstMs: firstPauseMs, giveUpAfter: restarts + 1, pauseMs: firstPauseMs },
      },
      (run) => this.#attend(run),
    );
    this.#kept = kept;
    if (this.#state === 'stopped') kept.kill();
    void kept.gaveUp.then((why) => {
      this.#state = 'gone';
      this.#reason = why;
      this.#options.log({ kind: 'sidecar_down', sidecar: this.#options.name, reason: why, restartMs: undefined });
      this.#giveUp(why);
      this.#decided?.();
    });
    const timer = clock.after(ms, () => this.#decided?.());
    await decided;
    clock.cancel(timer);
  }

  get state(): SidecarState {
    return {
      name: this.#options.name,
      state: this.#state,
      address: this.#address,
      reason: this.#state === 'up' ? undefined : this.#reason,
      starts: this.#starts,
      deaths: this.#deaths,
      badLines: this.#badLines,
    };
  }

  get isUp(): boolean {
    return this.#state === 'up';
  }

  /** One line into it; false when it does not take it. */
  send(value: JsonObject): boolean {
    return this.#run?.program.send(`${JSON.stringify(value)}\n`) === 'sent';
  }

  /** Its input ends; then SIGTERM, then SIGKILL, to its whole group. */
  async stop(withinMs: number): Promise<void> {
    this.#state = 'stopped';
    this.#options.clock.cancel(this.#timer);
    this.#decided?.();
    await this.#kept?.stop(withinMs);
  }

  kill(): void {
    this.#state = 'stopped';
    this.#options.clock.cancel(this.#timer);
    this.#kept?.kill();
  }

  #attend(run: Run): Attendant {
    this.#run = run;
    this.#starts += 1;
    this.#missed = 0;
    if (this.#options.at !== undefined) this.#knockLater(run, FIRST_KNOCK_MS);
    const lines = jsonLines({
      object: ({ value, text }) => this.#hear(run, value, text),
      bad: (line) => this.#bad(whatWas(line)),
    });
    return {
      line: (line) => lines.line(line),
      stderr: (text) => this.#tell('stderr', text),
      died: (death) => this.#died(run, death),
    };
  }

  #hear(run: Run, value: JsonObject, text: string): void {
    const { type, address, message } = value;
    if (type === 'ready') {
      if (this.#options.at !== undefined) return;
      if (address !== undefined && typeof address !== 'string')
        return this.#bad('ready with an address that is no text');
      this.#address = address;
      this.#up(run);
    } else if (type === 'log') {
      this.#tell('log', typeof message === 'string' ? message : text);
    } else if (type === 'down') {
      this.#down(typeof message === 'string' ? message : 'it says that it is down', undefined);
    } else if (this.#options.hear?.(value, text) !== true) {
      this.#bad(`a line of the type ${JSON.stringify(type ?? null).slice(0, 60)}`);
    }
  }

  #up(run: Run): void {
    if (this.#state === 'up' || this.#state === 'stopped') return;
    this.#state = 'up';
    const { log, name } = this.#options;
    log({ kind: 'sidecar_up', sidecar: name, pid: run.program.pid, address: this.#address });
    this.#decided?.();
  }

  #down(reason: string, restartMs: number | undefined): void {
    if (this.#state === 'stopped') return;
    this.#state = 'down';
    this.#reason = reason;
    this.#options.log({ kind: 'sidecar_down', sidecar: this.#options.name, reason, restartMs });
  }

  #died(run: Run, { expected, because, restartMs }: Death): void {
    if (this.#run === run) {
      this.#run = undefined;
      this.#options.clock.cancel(this.#timer);
    }
    if (expected) return;
    this.#deaths += 1;
    if (this.#options.at === undefined) this.#address = undefined;
    this.#down(because, restartMs);
  }

  #knockLater(run: Run, ms: number): void {
    this.#timer = this.#options.clock.after(ms, () => void this.#knock(run));
  }

  async #knock(run: Run): Promise<void> {
    const { at, clock } = this.#options;
    if (at === undefined || this.#run !== run) return;
    const answers = await knock(at.place, clock, KNOCK_PATIENCE_MS);
    if (this.#run !== run || this.#state === 'stopped') return;
    if (answers) {
      this.#missed = 0;
      this.#up(run);
    } else if (this.#state === 'up') {
      this.#missed += 1;
      if (this.#missed >= KNOCKS) {
        this.#down(`nobody answers at ${at.text}`, undefined);
        // Its death starts it again.
        run.program.end('SIGKILL');
        return;
      }
    }
    this.#knockLater(run, this.#state === 'up' ? KNOCK_MS : FIRST_KNOCK_MS);
  }

  #bad(what: string): void {
    this.#badLines += 1;
    this.#tell('bad', what);
  }

  #tell(what: 'stderr' | 'log' | 'bad', text: string): void {
    const now = this.#options.clock.elapsed();
    if (now >= this.#toldUntil) {
      this.#toldUntil = now + TOLD_MS;
      this.#told = 0;
    }
    this.#told += 1;
    if (this.#told > TOLD_MOST) return;
    const more = this.#told === TOLD_MOST ? ' (more of these are not shown for a while)' : '';
    this.#options.log({ kind: 'sidecar_line', sidecar: this.#options.name, what, text: text.slice(0, 1_000) + more });
  }
}

function whatWas({ reason, detail, bytes }: BadLine): string {
  return reason === 'too_long' ? `a line of ${bytes} bytes, and ${HELPER_LIMITS.maxLine} are read` : detail;
}
