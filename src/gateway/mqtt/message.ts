/** A message as it came from a broker. */
export interface MqttMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: 0 | 1 | 2;
  /** The broker had kept it from before. */
  readonly retained: boolean;
  /** The broker sent it before, and heard nothing. */
  readonly duplicate: boolean;
  /** Names it within the session while it is not acknowledged; undefined at QoS 0. */
  readonly packetId: number | undefined;
  /** Of version 5; with 3.1.1 there is none of them. */
  readonly properties: MqttProperties;
}

export interface MqttProperties {
  readonly contentType?: string | undefined;
  readonly responseTopic?: string | undefined;
  readonly correlationData?: Uint8Array | undefined;
  /** In seconds, from its arrival here. */
  readonly messageExpiryInterval?: number | undefined;
  /** One that stands several times is a list. */
  readonly userProperties?: Readonly<Record<string, string | readonly string[]>> | undefined;
}
