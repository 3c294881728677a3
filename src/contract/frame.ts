import { isJsonObject, type JsonObject } from './json.ts';

/** The envelope of generation C (unreleased upstream): recognised and read, never written. */
export interface Frame {
  /** `core.TaskMessage`, `core.TaskResult`, `core.OrchestratorGoal`, or one that came later. */
  readonly payload_type: string;
  readonly message_id: unknown;
  readonly origin: unknown;
  readonly correlation_id: unknown;
  readonly causation_id: unknown;
  readonly occurred_at: unknown;
  readonly recorded_at: unknown;
}

/** Whether a message has the outer form of generation C's frames. */
export function isFrame(message: JsonObject): boolean {
  const type = message.payload_type;
  return typeof type === 'string' && type.startsWith('core.') && isJsonObject(message.payload);
}

export function readFrame(message: JsonObject): Frame {
  const { payload_type, message_id, origin, correlation_id, causation_id, occurred_at, recorded_at } = message;
  return {
    payload_type: String(payload_type),
    message_id,
    origin,
    correlation_id,
    causation_id,
    occurred_at,
    recorded_at,
  };
}

/**
 * The body in the field names of generation B: `input` is a task's `payload` again, the time comes from the frame, and so
 * does the lane.
 */
export function bodyOfFrame(message: JsonObject): JsonObject {
  const body: JsonObject = { ...(message.payload as JsonObject) };
  const type = message.payload_type;
  if (type === 'core.TaskMessage' && body.payload === undefined && body.input !== undefined) {
    body.payload = body.input;
    delete body.input;
  }
  const time = type === 'core.TaskResult' ? 'completed_at' : 'created_at';
  if (body[time] === undefined && typeof message.occurred_at === 'string') body[time] = message.occurred_at;
  // Not by assignment: `__proto__` is a key of the lane like any other.
  for (const key of Object.keys(message)) {
    if (!key.startsWith('_') || Object.hasOwn(body, key)) continue;
    Object.defineProperty(body, key, { value: message[key], writable: true, enumerable: true, configurable: true });
  }
  return body;
}
