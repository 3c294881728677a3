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

/** A frame that stands where a bare message is read: generation B takes it for a message without its fields, and ignores it. */
export const UNREAD_FRAME = 'a generation C frame, which Heddle 0.9.2 does not read';

const FRAME_KEYS: ReadonlySet<string> = new Set([
  'message_id',
  'payload_type',
  'payload',
  'origin',
  'correlation_id',
  'causation_id',
  'occurred_at',
  'recorded_at',
]);

/** What generation C refuses a frame for: keys of its own that it does not know, unless they are of the lane. */
export function strangeFrameKeys(message: JsonObject): readonly string[] {
  return Object.keys(message).filter((key) => !key.startsWith('_') && !FRAME_KEYS.has(key));
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
