import type { MqttInput } from '../../config/views/gateway-config/mqtt-config.ts';
import { HeddleError } from '../../errors.ts';
import { type CborReader, loadCbor } from './cbor.ts';
import type { MqttProperties } from './message.ts';

/** Of the package what is used, in its words. */
export interface MqttPackage {
  connect(url: string, options: Readonly<Record<string, unknown>>): MqttClient;
}

export interface PublishPacket {
  readonly cmd: string;
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
  readonly dup: boolean;
  readonly messageId?: number | undefined;
  readonly properties?: MqttProperties | undefined;
}

export interface ConnectedPacket {
  readonly sessionPresent: boolean;
}

export interface MqttClient {
  readonly connected: boolean;
  readonly stream: { write(bytes: Uint8Array): unknown; destroy(): unknown };
  readonly options: {
    /** Asked of each message of QoS 1 and 2 before it is acknowledged. */
    customHandleAcks: (topic: string, payload: Uint8Array, packet: PublishPacket, done: (error: Error) => void) => void;
  };
  /** Asked of each message of QoS 0; the next one is read when it is done. */
  handleMessage: (packet: PublishPacket, done: () => void) => void;
  on(event: 'connect', hear: (packet: ConnectedPacket) => void): unknown;
  on(event: 'close', hear: () => void): unknown;
  on(event: 'error', hear: (error: Error) => void): unknown;
  /** The broker says farewell (5). */
  on(event: 'disconnect', hear: (packet: { readonly reasonCode?: number }) => void): unknown;
  connect(): unknown;
  subscribe(
    topics: Readonly<Record<string, { readonly qos: 0 | 1 | 2 }>>,
    done: (error: Error | null, granted?: readonly { readonly topic: string; readonly qos: number }[]) => void,
  ): unknown;
  publish(
    topic: string,
    payload: string | Uint8Array,
    options: Readonly<Record<string, unknown>>,
    done: (error?: Error | null) => void,
  ): unknown;
  end(force: boolean, options: Readonly<Record<string, unknown>>, done: () => void): unknown;
}

/** What nobody has to install who has no use for it. */
export interface MqttPackages {
  readonly mqtt: MqttPackage;
  /** undefined: no rule asks for it. */
  readonly readCbor: CborReader | undefined;
}

export async function loadPackages(inputs: readonly MqttInput[]): Promise<MqttPackages> {
  const wantsCbor = inputs.some(({ rules }) => rules.some(({ body }) => body === 'cbor'));
  const [mqtt, readCbor] = await Promise.all([loadMqtt(), wantsCbor ? loadCbor() : undefined]);
  return { mqtt, readCbor };
}

async function loadMqtt(): Promise<MqttPackage> {
  try {
    const loaded = (await import('mqtt')) as unknown as MqttPackage & { readonly default?: MqttPackage };
    return loaded.default ?? loaded;
  } catch (cause) {
    throw new HeddleError(
      'settings_invalid',
      `the package mqtt is needed for what the config has below 'mqtt', and cannot be loaded`,
      {
        hint: 'Install it beside this program: npm install mqtt@5 (it is optional, so that nobody has it who does not need it).',
        cause,
      },
    );
  }
}
