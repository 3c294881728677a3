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

const OF_HTTP_WORKERS = 'heddle-tasks-';

/** The stream in which a gateway keeps the tasks of a worker type that it hands out in mode durable. */
export function tasksStreamOf(type: string): string {
  return `${OF_HTTP_WORKERS}${type}`;
}

/** The type whose tasks a stream of that name keeps; undefined of any other. */
export function typeKeptIn(stream: string): string | undefined {
  return stream.startsWith(OF_HTTP_WORKERS) ? stream.slice(OF_HTTP_WORKERS.length) : undefined;
}

/** Where there is no JetStream. */
export const NOTHING_KEPT: Kept = { tasksIncoming: [], tasks: [], deadLetters: [], goals: [] };
