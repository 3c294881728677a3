/** A JSON object as it came off the wire: every key is data, also `__proto__` (an own property, as JSON.parse makes it). */
export type JsonObject = Record<string, unknown>;

/** Whether a value is an object in the sense of JSON: neither null nor a list. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** One thing that is wrong in a message. */
export interface Issue {
  /** JSON pointer (RFC 6901) to the value; '' is the message itself. */
  readonly pointer: string;
  readonly problem: string;
}

export const NO_ISSUES: readonly Issue[] = Object.freeze([]);

export function pointerToken(key: string | number): string {
  return typeof key === 'number' ? String(key) : key.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** `/payload: absent; /priority: expected …`, short enough for a log line whatever the message held. */
export function describeIssues(issues: readonly Issue[], most = 5): string {
  const shown = issues.slice(0, most).map((issue) => `${clip(issue.pointer) || 'message'}: ${issue.problem}`);
  const rest = issues.length - shown.length;
  return rest > 0 ? `${shown.join('; ')}; and ${rest} more` : shown.join('; ');
}

/** Keys inside token_usage are the sender's text, and may be of any length. */
function clip(pointer: string): string {
  return pointer.length <= 120 ? pointer : `${pointer.slice(0, 117)}...`;
}
