import { jsonLines } from '../../child/json-lines.ts';
import {
  type Attendant,
  type Death,
  HELPER_LIMITS,
  type Kept,
  keepRunning,
  type Run,
} from '../../child/keep-running.ts';
import type { SubscriptionConfig } from '../../config/views/gateway-config/parts/subscriptions.ts';
import type { JsonObject } from '../../contract/json.ts';
import { rawValue } from '../../contract/members.ts';
import type { Clock } from '../../time/clock.ts';
import { type Place, STOP_MS } from '../programs.ts';
import type { Watch, WatchWish } from './watch.ts';

export interface SidecarOptions extends Place {
  readonly config: SubscriptionConfig;
  readonly clock: Clock;
  readonly log: (words: string) => void;
}

const BAD_TOLD_MS = 10_000;

/** A program that watches, and says what it sees in lines of JSON. Its own watch alone, or those of many. */
export class Sidecar {
  readonly #options: SidecarOptions;
  /** Where it has one path alone. */
  readonly #alone: Watch | undefined;
  readonly #watches = new Map<string, Watch>();
  #kept: Kept<Attendant> | undefined;
  #run: Run | undefined;
  #badTold = Number.NEGATIVE_INFINITY;

  private constructor(options: SidecarOptions, alone: Watch | undefined) {
    this.#options = options;
    this.#alone = alone;
    if (alone !== undefined) this.#watches.set(alone.wish.id, alone);
  }

  /** Rejects, in words, when it cannot be started. `gone`: it is not started again. */
  static async start(
    options: SidecarOptions,
    alone: Watch | undefined,
    gone: (sidecar: Sidecar, why: string) => void,
  ): Promise<Sidecar> {
    const sidecar = new Sidecar(options, alone);
    const { config, cwd, env, platform, clock } = options;
    const [program, ...args] = config.command.map((word) => filled(word, alone?.wish));
    const kept = await keepRunning(
      {
        command: [program ?? '', ...args],
        cwd,
        env,
        platform,
        clock,
        ...HELPER_LIMITS,
        restart: { giveUpAfter: config.giveUpAfter },
      },
      (run) => sidecar.#attend(run),
    );
    sidecar.#kept = kept;
    void kept.gaveUp.then((why) => gone(sidecar, why));
    return sidecar;
  }

  get watches(): Iterable<Watch> {
    return this.#watches.values();
  }

  get isIdle(): boolean {
    return this.#watches.size === 0;
  }

  add(watch: Watch): void {
    this.#watches.set(watch.wish.id, watch);
    this.#ask(watch.wish);
  }

  remove({ wish: { id } }: Watch): void {
    if (!this.#watches.delete(id) || this.#alone !== undefined) return;
    this.#run?.program.send(`${JSON.stringify({ type: 'unsubscribe', id })}\n`);
  }

  async stop(): Promise<void> {
    await this.#kept?.stop(STOP_MS);
  }

  #ask({ id, path, scope, holder }: WatchWish): void {
    if (this.#alone !== undefined) return;
    const user = holder.user?.user_id ?? holder.name;
    this.#run?.program.send(`${JSON.stringify({ type: 'subscribe', id, path, scope, user })}\n`);
  }

  #attend(run: Run): Attendant {
    this.#run = run;
    for (const { wish } of this.#watches.values()) this.#ask(wish);
    this.#all((watch) => watch.state('watching'));
    const lines = jsonLines({
      object: ({ value, text }) => this.#hear(run, value, text),
      bad: ({ detail }) => this.#bad(detail),
    });
    return {
      line: (line) => lines.line(line),
      stderr: (text) => this.#options.log(text),
      died: (death) => this.#died(death),
    };
  }

  #hear(run: Run, value: JsonObject, text: string): void {
    const { type = 'event', id, doc_id: docId, op } = value;
    if (type === 'log') return this.#options.log(typeof value.message === 'string' ? value.message : text);
    if (type !== 'event' && type !== 'result') return this.#bad(`a line of the type ${JSON.stringify(type)}`);
    const watch = typeof id === 'string' ? this.#watches.get(id) : this.#alone;
    if (watch === undefined) {
      // It may be of one that has just ended.
      if (typeof id !== 'string') this.#bad('a line without the id of a subscription');
      return;
    }
    run.proven();
    watch.heardAt = this.#options.clock.elapsed();
    watch.silent = false;
    const doc = typeof docId === 'string' ? docId : null;
    watch.event({ docId: doc, op: typeof op === 'string' ? op : 'modified', data: rawValue(text, 'data') });
  }

  /** Skipped and counted; told now and then. */
  #bad(detail: string): void {
    this.#all((watch) => {
      watch.badLines += 1;
    });
    const now = this.#options.clock.elapsed();
    if (now - this.#badTold < BAD_TOLD_MS) return;
    this.#badTold = now;
    this.#options.log(`a bad line was skipped: ${detail}`);
    this.#all((watch) => watch.state('bad_line', { bad_lines: watch.badLines }));
  }

  #died({ expected, how, because, restartMs }: Death): void {
    if (expected) return;
    this.#options.log(because);
    // Its last words are for whoever runs it.
    if (restartMs !== undefined)
      this.#all((watch) => watch.state('restarting', { because: how, restart_ms: restartMs }));
  }

  #all(tell: (watch: Watch) => void): void {
    for (const watch of this.#watches.values()) tell(watch);
  }
}

export function isAlone({ command }: SubscriptionConfig): boolean {
  return command.some((word) => word.includes('{path}'));
}

function filled(word: string, wish: WatchWish | undefined): string {
  if (wish === undefined) return word;
  const user = wish.holder.user?.user_id ?? wish.holder.name;
  const values: Readonly<Record<string, string>> = { path: wish.path, scope: wish.scope ?? '', user };
  return word.replaceAll(/\{(path|scope|user)\}/g, (_, name: string) => values[name] ?? '');
}
