import type { MqttInput } from '../../config/views/gateway-config/mqtt-config.ts';
import { Problem } from '../../http/problem.ts';
import type { Subscription } from '../../transport/transport.ts';
import type { Core } from '../core.ts';
import { Patient } from '../patient.ts';
import type { Work } from '../requests/order.ts';
import type { RequestRecord } from '../requests/record.ts';
import { showInput } from '../show-input.ts';
import type { CborReader } from './cbor.ts';
import { type Arrived, type ConnectionNews, MqttConnection } from './connection.ts';
import { deadText } from './dead.ts';
import type { Session } from './message-id.ts';
import { InputNumbers, type MessageOutcome } from './numbers.ts';
import type { MqttPackages } from './package.ts';
import { publishAnswer } from './reply.ts';
import type { MqttSettings } from './settings.ts';
import { type Ruled, ruleFor } from './translate.ts';
import { sparingly, type Trouble } from './trouble.ts';
import { wantedOf } from './wanted.ts';

/**
 * The messages of one broker. Each is acknowledged when the server of the bus has its task, and not before; what the bus cannot
 * take now is held, and read on is only as far as there is room.
 */
export class MqttIntake {
  readonly name: string;
  readonly numbers = new InputNumbers();
  readonly #core: Core;
  readonly #config: MqttInput;
  readonly #session: Session;
  readonly #readCbor: CborReader | undefined;
  readonly #connection: MqttConnection;
  readonly #patient: Patient;
  readonly #log: Trouble;
  /** Packets of this connection that are not acknowledged: an impatient broker sends them again meanwhile. */
  #open = new Set<number>();
  #inflight = 0;
  #waiting: (() => void)[] = [];
  #idle: (() => void) | undefined;
  #state: ConnectionNews | undefined;
  #shown: Subscription | undefined;
  #refused = new Map<string, string>();

  constructor(core: Core, { mqtt, readCbor }: MqttPackages, config: MqttInput, settings: MqttSettings) {
    this.name = config.name;
    this.#core = core;
    this.#config = config;
    this.#readCbor = readCbor;
    this.#session = { gateway: core.live().config.name, input: config.name, clientId: settings.clientId };
    this.#patient = new Patient(core.clock);
    this.#log = sparingly(core.clock, (what, reason) =>
      core.log({ kind: 'mqtt_trouble', input: config.name, what, reason }),
    );
    this.#connection = new MqttConnection(mqtt, config, settings, core.clock, {
      arrived: (arrived) => this.#arrived(arrived),
      news: (news) => this.#hear(news),
    });
  }

  open(): void {
    this.#connection.open();
  }

  gauges() {
    const { name, numbers } = this;
    return { name, numbers, up: this.#connection.up, inflight: this.#inflight, held: this.#patient.held };
  }

  /** For the probes. */
  state(): Readonly<Record<string, unknown>> {
    const state = this.#state;
    return {
      name: this.name,
      broker: this.#connection.up ? 'connected' : 'away',
      reason: state?.kind === 'disconnected' && !this.#connection.up ? state.reason : null,
      refused: [...this.#refused.keys()],
      inflight: this.#inflight,
      held: this.#patient.held,
    };
  }

  /** The answer to one of its messages has come. */
  answered(record: RequestRecord, text: string | undefined): Promise<void> {
    const { rules } = this.#config;
    return publishAnswer({ record, text, rules, connection: this.#connection, numbers: this.numbers, log: this.#log });
  }

  /** Reads nothing more, and finishes what is on its way to the bus; what is held goes back to the broker. */
  async stopTaking(): Promise<void> {
    this.#connection.stopTaking();
    this.#patient.giveUp();
    for (const next of this.#waiting.splice(0)) next();
    if (this.#inflight > 0) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
    }
  }

  async close(ms: number): Promise<void> {
    this.#shown?.unsubscribe();
    await this.#connection.close(ms);
  }

  #hear(news: ConnectionNews): void {
    if (news.kind === 'refused') {
      this.#refused.set(news.filter, news.reason);
      return this.#log(`it may not read ${news.filter}`, news.reason);
    }
    this.#state = news;
    this.#shown?.unsubscribe();
    this.#shown = undefined;
    if (news.kind === 'disconnected') this.#open = new Set();
    else {
      this.#shown = showInput(this.#core, 'mqtt', this.name);
      this.numbers.connects += 1;
      this.#refused.clear();
    }
    const input = this.name;
    if (news.kind === 'connected') this.#core.log({ ...news, kind: 'mqtt_connected', input });
    else this.#core.log({ ...news, kind: 'mqtt_disconnected', input });
  }

  #arrived(arrived: Arrived): void {
    const { packetId, duplicate } = arrived.message;
    if (duplicate) this.numbers.redelivered += 1;
    if (packetId !== undefined) {
      if (this.#open.has(packetId)) return arrived.readNext();
      this.#open.add(packetId);
    }
    this.#inflight += 1;
    if (this.#inflight < this.#config.inflight) arrived.readNext();
    else this.#waiting.push(arrived.readNext);
    const open = this.#open;
    void this.#take(arrived)
      .catch((thrown: unknown) => {
        // Nothing of ours should throw here. It is not acknowledged, so it comes again with the next connection.
        this.#log(
          'a message could not be dealt with',
          thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown),
        );
        return 'given_back' as const;
      })
      .then((outcome) => {
        this.numbers.message(outcome);
        if (outcome !== 'given_back') arrived.acknowledge();
        if (packetId !== undefined) open.delete(packetId);
        this.#inflight -= 1;
        this.#waiting.shift()?.();
        if (this.#inflight === 0) this.#idle?.();
      });
  }

  async #take(arrived: Arrived): Promise<MessageOutcome> {
    const { message } = arrived;
    const ruled = ruleFor(this.#config.rules, message.topic);
    if (ruled === undefined) return this.#unmatched(message.topic);
    const { rule } = ruled;
    if (message.retained && rule.retained === 'skip') return 'skipped';
    try {
      return await this.#send(arrived, ruled);
    } catch (thrown) {
      if (!(thrown instanceof Problem)) throw thrown;
      this.#log(`a message on ${message.topic} became no ${rule.target.to}`, thrown.message);
      return await this.#bury(arrived, thrown);
    }
  }

  async #send(arrived: Arrived, ruled: Ruled): Promise<MessageOutcome> {
    const { message } = arrived;
    const { rule } = ruled;
    const core = this.#core;
    const { order, work, reply, requestId, mayStand } = wantedOf(message, ruled, {
      core,
      session: this.#session,
      readCbor: this.#readCbor,
    });
    if (reply !== undefined && mayStand) {
      const standing = await core.store.get(order.record.id, order.ttlS).catch(() => undefined);
      // What is expired is as good as new, whether or not its answer is still there.
      if (standing?.expired === false && standing.record.answer !== null) {
        await this.answered({ ...standing.record, reply }, standing.result);
        return 'answered';
      }
    }
    const { messageExpiryInterval } = message.properties;
    const expiresAt =
      messageExpiryInterval === undefined ? undefined : core.clock.elapsed() + messageExpiryInterval * 1000;
    const isExpired = (): boolean => expiresAt !== undefined && core.clock.elapsed() >= expiresAt;
    const send = async (): Promise<void> => {
      if (reply === undefined) {
        const listener = await core.bus.send(order.prepared);
        if (listener !== 'no') this.#published(work.kind, order.prepared.id, listener, requestId);
      } else {
        const { record } = await core.intake.take({ ...order, record: { ...order.record, reply } });
        this.#published(work.kind, record.message_id, record.listener ?? 'unknown', requestId);
      }
    };
    // At QoS 0 nobody would ever bring it again.
    const isWanted = (): boolean => message.qos > 0 && !isExpired() && arrived.isCurrent();
    const how = await this.#patient.send({ send, isWanted, holdUnheard: rule.onUnheard === 'hold' });
    if (how === 'sent') return 'accepted';
    if (how === 'unheard') return 'unheard';
    if (isExpired()) return 'expired';
    return message.qos === 0 ? 'lost' : 'given_back';
  }

  #published(kind: Work['kind'], id: string, listener: 'seen' | 'stored' | 'unknown', requestId: string): void {
    this.#core.metrics.work(kind, 'accepted');
    this.#core.metrics.heard(listener);
    this.#core.log({ kind: 'work_published', what: kind, id, listener, requestId });
  }

  /** A session may still have what an earlier config asked for. */
  #unmatched(topic: string): MessageOutcome {
    this.#log(`no rule is for ${topic}`, 'an earlier config may have asked the broker for it');
    return 'unmatched';
  }

  /** Where what cannot be mapped is kept for people; acknowledged when it is there. */
  async #bury({ message, isCurrent }: Arrived, why: Problem): Promise<MessageOutcome> {
    const { deadTopic } = this.#config;
    if (deadTopic === undefined) return 'dead';
    const text = deadText(message, why, this.#core.clock.now());
    try {
      await this.#connection.publish({ topic: deadTopic, text, qos: 1, retain: false });
      return 'dead';
    } catch (thrown) {
      // It is of no use to anybody who sends it again: only another connection may do better.
      this.#log('the dead topic could not be written', thrown instanceof Error ? thrown.message : String(thrown));
      return message.qos === 0 || isCurrent() ? 'dead' : 'given_back';
    }
  }
}
