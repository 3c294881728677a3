import { hostname } from 'node:os';
import { MQTT_VERSIONS, type MqttInput } from '../../config/views/gateway-config/mqtt-config.ts';
import { HeddleError } from '../../errors.ts';
import { readFile, type SecretSource, secretText } from '../secrets.ts';

/** What the client is told, with its secrets. */
export interface MqttSettings {
  readonly clientId: string;
  readonly options: Readonly<Record<string, unknown>>;
}

const CONNECT_MS = 10_000;

/** Throws `settings_invalid` with the place of what is missing. */
export function mqttSettings(input: MqttInput, gateway: string, secrets: SecretSource): MqttSettings {
  const called = `mqtt ${input.name}`;
  const clientId = clientIdOf(input, gateway, secrets, called);
  const version = MQTT_VERSIONS[input.version];
  const { tls, user, password } = input;
  const file = (path: string | undefined): string | undefined =>
    path === undefined ? undefined : readFile(path, secrets, called);
  const ca = file(tls?.ca);
  return {
    clientId,
    options: {
      protocolVersion: version,
      clientId,
      // The broker keeps what comes while nobody is here.
      clean: false,
      keepalive: input.keepaliveS,
      connectTimeout: CONNECT_MS,
      // When to dial again, and what to subscribe to, is decided here.
      reconnectPeriod: 0,
      resubscribe: false,
      manualConnect: true,
      ...(user !== undefined && { username: user }),
      // Others made it: it is as long as it is.
      ...(password !== undefined && { password: secretText(password, secrets, called, 1) }),
      ...(tls !== undefined && { cert: file(tls.cert), key: file(tls.key), servername: tls.serverName }),
      ...(ca !== undefined && { ca }),
      ...(version === 5 && {
        properties: { sessionExpiryInterval: input.sessionExpiryS, receiveMaximum: input.inflight },
      }),
    },
  };
}

/** Replicas must not have one id: a broker lets the older one go. */
function clientIdOf(
  { clientId, name, share }: MqttInput,
  gateway: string,
  { env }: SecretSource,
  called: string,
): string {
  if (clientId === undefined) {
    const id = `heddle-${gateway}-${name}${share === undefined ? '' : `-${hostname()}`}`;
    // Not every broker takes a dot there.
    return id.replaceAll('.', '-');
  }
  if ('text' in clientId) return clientId.text.replaceAll('{hostname}', hostname());
  const id = env[clientId.env];
  if (id !== undefined && id !== '') return id;
  throw new HeddleError('settings_invalid', `${called}: client_id: the variable ${clientId.env} is not set`);
}
