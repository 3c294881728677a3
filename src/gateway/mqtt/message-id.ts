import { hash } from 'node:crypto';
import { derivedId } from '../../delivery/derived-id.ts';
import type { MqttMessage } from './message.ts';

/** Whose session a message belongs to: packet ids mean something in it alone. */
export interface Session {
  readonly gateway: string;
  readonly input: string;
  readonly clientId: string;
}

/**
 * The id of the task of a message. By a text that the rule made, the same wherever and whenever it comes. Without one: of a message
 * that the broker will send again until it is acknowledged, what it keeps meanwhile, which is its packet id and its content; so the
 * same reading twice is two tasks, and one that is sent again is one. At QoS 0 nothing comes again.
 */
export function taskIdFor(
  message: MqttMessage,
  session: Session,
  given: string | undefined,
  uuid: () => string,
): string {
  const { gateway, input, clientId } = session;
  if (given !== undefined) return derivedId('mqtt', gateway, input, 'given', given);
  const { topic, payload, packetId } = message;
  if (packetId === undefined) return uuid();
  return derivedId('mqtt', gateway, input, clientId, String(packetId), topic, hash('sha256', payload, 'hex'));
}
