import { isSubjectToken } from '../contract/subject-grammar.ts';

/**
 * Which subjects of Heddle's are kept by JetStream streams, by their names. A stream is no listener: it works on nothing, and
 * yet the server counts it as somebody who heard.
 */
export interface Kept {
  /** What is sent to the router. */
  readonly tasksIncoming: readonly string[];
  /** What the router sends to workers. */
  readonly tasks: readonly string[];
  readonly deadLetters: readonly string[];
  /** What is sent to pipelines and orchestrators. */
  readonly goals: readonly string[];
}

/**
 * The stream that keeps tasks beside dead letters, where somebody asked for that: it is no mistake, and it costs what every stream over
 * tasks does.
 */
export const TASKS_STREAM = 'HEDDLE_TASKS';

const OF_HTTP_WORKERS = 'heddle-tasks';

/** The stream in which a gateway keeps the tasks of a worker type that it hands out in mode durable. */
export function tasksStreamOf(type: string): string {
  return named(OF_HTTP_WORKERS, type);
}

/** The consumer of one tier there, named as the group of native processors is. */
export function tasksConsumerOf(type: string, tier: string): string {
  return `${named('processors', type)}-${tier}`;
}

/** The type whose tasks a stream of that name keeps; undefined of any other. */
export function typeKeptIn(stream: string): string | undefined {
  if (!stream.startsWith(OF_HTTP_WORKERS)) return undefined;
  const written = stream.slice(OF_HTTP_WORKERS.length + 1);
  if (stream[OF_HTTP_WORKERS.length] === '-') return written;
  const signs = written.replace(/_([\da-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  const type = Buffer.from(signs, 'latin1').toString();
  // Somebody else's may begin so.
  return type !== '' && tasksStreamOf(type) === stream ? type : undefined;
}

/**
 * A subject takes a type with dots and letters of any script, the name of a stream or consumer does not: there each other byte is `_` and
 * two hex digits, behind a `_`, so that no two types share a name.
 */
function named(prefix: string, type: string): string {
  if (isSubjectToken(type)) return `${prefix}-${type}`;
  const escaped = Buffer.from(type)
    .toString('latin1')
    .replace(/[^A-Za-z0-9-]/g, (sign) => `_${sign.charCodeAt(0).toString(16).padStart(2, '0')}`);
  return `${prefix}_${escaped}`;
}

/** Where there is no JetStream. */
export const NOTHING_KEPT: Kept = { tasksIncoming: [], tasks: [], deadLetters: [], goals: [] };
