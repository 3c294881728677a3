/** What becomes of a topic at the MQTT listener of a nats-server. */
export interface ListenerSubject {
  readonly topic: string;
  /** Where a client of NATS finds it; undefined: nowhere, on no version that is known. */
  readonly subject: string | undefined;
  /** It is for subscriptions: nobody can publish there. */
  readonly isFilter: boolean;
  readonly traps: readonly string[];
}

/** True of every topic, and found out too late by most. As measured on 2.9.10 and 2.15. */
export const LISTENER_TRAPS: readonly string[] = [
  'The listener needs JetStream and a server_name in the configuration of the server.',
  'Only version 3.1.1 is spoken: a client that insists on 5 is refused.',
  'QoS 2: 2.9 closes the connection of whoever publishes with it; newer servers take it.',
  'Newer servers refuse a client id with a dot, a space, * or >.',
  'The payload is handed on as it is: a task must be a whole TaskMessage in JSON, and nobody checks it before the router does.',
  'A PUBACK says that the server has the message, not that somebody listened.',
  'Shared subscriptions ($share/…) are granted, and nothing ever comes.',
];

/**
 * The subject that a nats-server makes of a topic, or of a filter: dots between the levels, and a slash where a level is empty. What was
 * seen of 2.9.10 and 2.15 is what stands here.
 */
export function listenerSubject(topic: string): ListenerSubject {
  const isFilter = topic.split('/').some((level) => level === '+' || level === '#');
  const traps = trapsOf(topic, isFilter);
  const refused = topic === '' || /[\s\0]/.test(topic) || isBrokenFilter(topic);
  return { topic, subject: refused ? undefined : subjectOf(topic), isFilter, traps };
}

function subjectOf(topic: string): string {
  let subject = '';
  for (const [at, character] of [...topic].entries()) {
    if (character === '.') subject += '//';
    else if (character === '+') subject += '*';
    else if (character === '#') subject += '>';
    else if (character !== '/') subject += character;
    else if (at === 0 || subject.endsWith('.')) subject += '/.';
    else if (topicEndsAt(topic, at) || [...topic][at + 1] === '/') subject += './';
    else subject += '.';
  }
  return subject.endsWith('.') ? `${subject}/` : subject;
}

function topicEndsAt(topic: string, at: number): boolean {
  return at === [...topic].length - 1;
}

function isBrokenFilter(topic: string): boolean {
  const levels = topic.split('/');
  return levels.some(
    (level, at) => /[+#]/.test(level) && (level.length > 1 || (level === '#' && at < levels.length - 1)),
  );
}

function trapsOf(topic: string, isFilter: boolean): string[] {
  const traps: string[] = [];
  const levels = topic.split('/');
  if (topic === '') traps.push('it is empty: no broker takes it');
  if (isBrokenFilter(topic)) traps.push('+ and # stand for whole levels, and # for the last: no broker takes it');
  if (/[\s\0]/.test(topic))
    traps.push('a space, or another character that is not seen, closes the connection of whoever publishes it');
  if (topic.includes('.')) {
    const meant = topic.replaceAll('.', '/');
    const instead =
      levels.length === 1 && /^[^.]+(?:\.[^.]+)+$/.test(topic)
        ? `; for the subject ${topic} the topic is ${meant}`
        : '';
    traps.push(`a dot: 2.9 closes the connection, newer servers write // for it${instead}`);
  }
  if (topic !== '' && levels.some((level) => level === '')) {
    traps.push(
      'an empty level (a slash at an end, or two in a row) becomes a slash in the subject: / is a level of its own there',
    );
  }
  if (levels.some((level) => level === '*' || level === '>')) {
    traps.push('* and > are plain characters of MQTT and wildcards of NATS: whoever subscribes there hears much more');
  }
  if (isFilter && levels.at(-1) === '#')
    traps.push('# means the level above it, too, and > does not: two subscriptions are needed in NATS');
  if (isFilter) traps.push('it is a filter: it can be subscribed to, and nobody can publish there');
  if (topic.startsWith('$')) traps.push('what begins with $ belongs to the servers themselves');
  if (topic.startsWith('heddle/results/') && !isFilter)
    traps.push('results stand under the parent_task_id of their task: give each task one of its own');
  return traps;
}
