import type { SubscriptionConfig } from '../../config/views/gateway-config/parts/subscriptions.ts';
import { ruleAllows } from '../../config/views/gateway-config/path-rule.ts';
import { isHeddleError } from '../../errors.ts';
import { problem } from '../../http/problem.ts';
import type { Principal } from '../../http/route.ts';
import type { WithdrawnFor } from '../../http/tenure.ts';
import type { Timer } from '../../time/clock.ts';
import type { Message } from '../../transport/transport.ts';
import type { Core } from '../core.ts';
import type { Hub } from '../hub/hub.ts';
import type { Means } from '../part.ts';
import { gatewayProblem } from '../problems.ts';
import { placeOf } from '../programs.ts';
import { isAlone, Sidecar } from './sidecar.ts';
import { Watch, type WatchWish } from './watch.ts';

const SWEEP_MS = 5_000;
const ASK_MS = 2_000;
const LONGEST_PATH = 1_024;

const ID = /^sub-[A-Za-z0-9-]{1,64}$/;
/** As long as one watches, as for asking to. */
const TAKES = [['events']];
const ENDED_FOR: Readonly<Record<WithdrawnFor, string>> = {
  session_over: 'its session is over',
  unauthenticated: 'its token was taken away',
  forbidden: 'its token may do less now',
};
type Ended = 'ended' | 'unknown' | 'forbidden';

interface Standing {
  readonly watch: Watch;
  readonly sidecar: Sidecar;
  readonly config: SubscriptionConfig;
  readonly undo: () => void;
}

/** What clients watch by programs of this process. Any replica ends what another one has. */
export class Subscriptions {
  readonly #core: Core;
  readonly #hub: Hub;
  readonly #means: Means;
  readonly #standing = new Map<string, Standing>();
  /** One for all watches of a kind. */
  readonly #shared = new Map<string, Promise<Sidecar>>();
  readonly #sidecars = new Set<Sidecar>();
  readonly #sweep: Timer;
  #starting = 0;
  #closed = false;

  constructor(core: Core, hub: Hub, means: Means) {
    this.#core = core;
    this.#hub = hub;
    this.#means = means;
    this.#sweep = core.clock.every(SWEEP_MS, () => this.#look());
    core.clock.unref(this.#sweep);
  }

  get size(): number {
    return this.#standing.size;
  }

  /** Throws the problem with which it is refused. */
  async open(config: SubscriptionConfig, wish: Omit<WatchWish, 'id'>): Promise<string> {
    const { holder, path, client } = wish;
    requirePath(path, config, holder);
    if (this.#closed) throw problem('overloaded', { detail: 'the gateway is about to end', retryAfterS: 5 });
    this.#requireRoom(config, holder);
    if (client !== undefined) await this.#core.named(client, holder);
    const id = `sub-${this.#core.uuid()}`;
    const means = { hub: this.#hub, clock: this.#core.clock, perSecond: config.perSecond };
    const watch = new Watch({ ...wish, id }, means);
    this.#starting += 1;
    try {
      const sidecar = isAlone(config) ? await this.#start(config, watch) : await this.#share(config);
      if (!isAlone(config)) {
        sidecar.add(watch);
        watch.state('watching');
      }
      return this.#keep({ watch, sidecar, config });
    } finally {
      this.#starting -= 1;
    }
  }

  /** Whoever began it ends it, on whichever replica. Throws the problem with which it is refused. */
  async end(id: string, { name }: Principal): Promise<void> {
    const refusal = this.#standing.has(id) ? this.#endHere(id, name) : await this.#endElsewhere(id, name);
    if (refusal === 'unknown')
      throw gatewayProblem('unknown_subscription', { detail: 'there is no such subscription' });
    if (refusal === 'forbidden') throw problem('forbidden', { detail: 'this subscription is somebody else’s' });
  }

  /** Ends every program with all that it started. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#core.clock.cancel(this.#sweep);
    for (const { watch, undo } of this.#standing.values()) {
      undo();
      watch.endFor('the gateway ends');
    }
    this.#standing.clear();
    await Promise.all([...this.#shared.values()].map((each) => each.catch(() => {})));
    await Promise.all([...this.#sidecars].map((each) => each.stop()));
  }

  get #prefix(): string {
    return `heddle-gateway.${this.#core.live().config.name}.unsubscribe.`;
  }

  #requireRoom({ kind, most, perCaller }: SubscriptionConfig, { name }: Principal): void {
    const all = [...this.#standing.values()].filter(({ config }) => config.kind === kind);
    const own = all.filter(({ watch }) => watch.wish.holder.name === name);
    if (all.length + this.#starting < most && own.length < perCaller) return;
    throw problem('too_many_requests', { detail: 'too much is watched already', retryAfterS: 30 });
  }

  #keep({ watch, sidecar, config }: Omit<Standing, 'undo'>): string {
    const { id, holder } = watch.wish;
    // Where nobody has it, the bus says so at once.
    const asked = this.#core.bus.transport.subscribe(this.#prefix + id, (message) => this.#hearEnd(message));
    let stay = (): void => {};
    const undo = (): void => {
      stay();
      asked.unsubscribe();
    };
    this.#standing.set(id, { watch, sidecar, config, undo });
    stay = holder.tenure?.onLack(TAKES, ({ reason }) => this.#finish(id, ENDED_FOR[reason])) ?? stay;
    if (this.#closed) this.#finish(id, 'the gateway ends');
    return id;
  }

  async #start(config: SubscriptionConfig, alone: Watch | undefined): Promise<Sidecar> {
    const { clock } = this.#means;
    const log = (words: string): void =>
      this.#core.log({ kind: 'sidecar_said', subscription: config.kind, words: words.slice(0, 1_000) });
    try {
      const options = { ...placeOf(config.env, this.#means), config, clock, log };
      const sidecar = await Sidecar.start(options, alone, (gone, why) => this.#gone(gone, config, why));
      this.#sidecars.add(sidecar);
      if (this.#closed) await sidecar.stop();
      return sidecar;
    } catch (thrown) {
      log(thrown instanceof Error ? thrown.message : String(thrown));
      throw isHeddleError(thrown)
        ? gatewayProblem('subscription_failed', { detail: 'the program that watches cannot be started', cause: thrown })
        : thrown;
    }
  }

  #share(config: SubscriptionConfig): Promise<Sidecar> {
    const shared = this.#shared.get(config.kind) ?? this.#start(config, undefined);
    this.#shared.set(config.kind, shared);
    shared.catch(() => this.#shared.delete(config.kind));
    return shared;
  }

  #gone(sidecar: Sidecar, { kind }: SubscriptionConfig, why: string): void {
    this.#core.log({ kind: 'part_failed', part: `subscriptions.${kind}`, reason: why });
    this.#sidecars.delete(sidecar);
    this.#shared.delete(kind);
    for (const { wish } of [...sidecar.watches])
      this.#finish(wish.id, 'the program that watches fails again and again');
  }

  #endHere(id: string, owner: string): Ended {
    const standing = this.#standing.get(id);
    if (standing === undefined) return 'unknown';
    if (standing.watch.wish.holder.name !== owner) return 'forbidden';
    standing.watch.end();
    this.#leave(standing);
    return 'ended';
  }

  async #endElsewhere(id: string, owner: string): Promise<Ended> {
    if (!ID.test(id)) return 'unknown';
    try {
      // Those who do not have it say nothing.
      const { data } = await this.#core.bus.transport.request(`${this.#prefix}${id}`, owner, { timeoutMs: ASK_MS });
      const said = Buffer.from(data).toString();
      if (said === 'forbidden') return 'forbidden';
      this.#hub.mute(id);
      return 'ended';
    } catch {
      return 'unknown';
    }
  }

  #hearEnd({ subject, data, reply }: Message): void {
    const id = subject.slice(this.#prefix.length);
    if (reply === undefined || !this.#standing.has(id)) return;
    const ended = this.#endHere(id, Buffer.from(data).toString());
    this.#core.bus.transport.publish(reply, ended);
  }

  #finish(id: string, reason: string): void {
    const standing = this.#standing.get(id);
    if (standing === undefined) return;
    standing.watch.endFor(reason);
    this.#leave(standing);
  }

  #leave({ watch, sidecar, config, undo }: Standing): void {
    undo();
    this.#standing.delete(watch.wish.id);
    sidecar.remove(watch);
    if (!sidecar.isIdle) return;
    this.#shared.delete(config.kind);
    void sidecar.stop().finally(() => this.#sidecars.delete(sidecar));
  }

  /** Whose client is gone for good watches no more; what is silent for long is said to be. */
  #look(): void {
    const now = this.#core.clock.elapsed();
    for (const { watch, config } of [...this.#standing.values()]) {
      const { id, client, holder } = watch.wish;
      watch.tellDropped();
      const isThere = client === undefined ? this.#hub.wants(holder.name) : this.#hub.clients.has(client);
      if (!isThere) this.#finish(id, 'its client is gone');
      else if (!watch.silent && now - watch.heardAt >= config.silentS * 1000) {
        watch.silent = true;
        watch.state('silent', { for_s: Math.floor((now - watch.heardAt) / 1000) });
      }
    }
  }
}

/** Throws for a path that is none, and for one that the caller may not watch. */
function requirePath(path: string, { allow }: SubscriptionConfig, holder: Principal): void {
  const segments = path.split('/');
  const isPath =
    path.length <= LONGEST_PATH &&
    !path.startsWith('-') &&
    !/[\u0000-\u001f\u007f]/.test(path) &&
    segments.every((segment) => segment !== '' && segment !== '.' && segment !== '..');
  if (!isPath)
    throw problem('bad_request', { detail: 'the path must be segments joined by /, none of them empty or a dot' });
  const user = holder.user?.user_id ?? holder.name;
  if (allow.some((rule) => ruleAllows(rule, segments, user))) return;
  throw problem('forbidden', { detail: 'this path may not be watched by this user' });
}
