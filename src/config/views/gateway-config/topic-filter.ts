/** One level of a filter: text as it stands, any one level (`+`, or `{name}` where it is kept), or all the rest (`#`, `{name#}`). */
export type FilterLevel =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'one' | 'rest'; readonly name: string | undefined };

/** Which topics of MQTT are meant, and what of them is kept under a name. */
export interface TopicFilter {
  /** As it is written in the config. */
  readonly written: string;
  /** As a broker knows it. */
  readonly wire: string;
  readonly levels: readonly FilterLevel[];
}

/** In bytes, by the standard. */
const LONGEST = 65_535;
const CAPTURE = /^\{([A-Za-z_][A-Za-z0-9_]{0,63})(#?)\}$/;

/** A filter, or in words why it is none. */
export function readTopicFilter(written: string): TopicFilter | string {
  if (written === '') return 'is empty';
  if (written.includes('\0')) return 'holds a NUL character';
  if (/^\$share(?:\/|$)/.test(written)) return "names a share group; write it at the key 'share'";
  const texts = written.split('/');
  const levels: FilterLevel[] = [];
  const names = new Set<string>();
  for (const [at, text] of texts.entries()) {
    const level = readLevel(text);
    if (typeof level === 'string') return level;
    if (level.kind === 'rest' && at < texts.length - 1) return `has ${text} before its end`;
    if (level.kind !== 'text' && level.name !== undefined) {
      if (names.has(level.name)) return `captures ${level.name} twice`;
      names.add(level.name);
    }
    levels.push(level);
  }
  const wire = levels.map((level) => (level.kind === 'text' ? level.text : level.kind === 'one' ? '+' : '#')).join('/');
  if (Buffer.byteLength(wire) > LONGEST) return `is longer than ${LONGEST} bytes`;
  return { written, wire, levels };
}

function readLevel(text: string): FilterLevel | string {
  if (text === '+') return { kind: 'one', name: undefined };
  if (text === '#') return { kind: 'rest', name: undefined };
  const [, name, rest] = CAPTURE.exec(text) ?? [];
  if (name !== undefined) return { kind: rest === '#' ? 'rest' : 'one', name };
  if (/[+#]/.test(text)) return `has ${text.includes('+') ? '+' : '#'} beside other characters of a level`;
  const plain = text.replaceAll('{{', '').replaceAll('}}', '');
  if (/[{}]/.test(plain))
    return `has ${JSON.stringify(text)}: a capture is a whole level, {name} or at the end {name#}`;
  return { kind: 'text', text: text.replaceAll('{{', '{').replaceAll('}}', '}') };
}

/** What a topic has at the captures of a filter; undefined: the filter does not mean it. */
export function matchTopic(
  { levels }: TopicFilter,
  topic: readonly string[],
): readonly (readonly [name: string, text: string])[] | undefined {
  const captures: (readonly [string, string])[] = [];
  // What brokers tell of themselves is meant by no wildcard.
  if (levels[0]?.kind !== 'text' && topic[0]?.startsWith('$')) return undefined;
  for (const [at, level] of levels.entries()) {
    if (level.kind === 'rest') {
      if (level.name !== undefined) captures.push([level.name, topic.slice(at).join('/')]);
      return captures;
    }
    const text = topic[at];
    if (text === undefined || (level.kind === 'text' && level.text !== text)) return undefined;
    if (level.kind === 'one' && level.name !== undefined) captures.push([level.name, text]);
  }
  return topic.length === levels.length ? captures : undefined;
}

/** Whether every topic that `narrow` means is meant by `wide`, too. */
export function covers(wide: TopicFilter, narrow: TopicFilter): boolean {
  const [first, other] = [wide.levels[0], narrow.levels[0]];
  if (first?.kind !== 'text' && other?.kind === 'text' && other.text.startsWith('$')) return false;
  for (const [at, level] of wide.levels.entries()) {
    if (level.kind === 'rest') return true;
    const other = narrow.levels[at];
    if (other === undefined || other.kind === 'rest') return false;
    if (level.kind === 'text' && !(other.kind === 'text' && other.text === level.text)) return false;
  }
  return wide.levels.length === narrow.levels.length;
}

/** Why nothing can be published on a topic, in words; undefined: it can. */
export function topicProblem(topic: string): string | undefined {
  if (topic === '') return 'is empty';
  if (/[+#]/.test(topic)) return 'holds + or #, which only filters may hold';
  if (topic.includes('\0')) return 'holds a NUL character';
  if (topic.startsWith('$')) return 'begins with $, which is the broker’s own';
  return Buffer.byteLength(topic) > LONGEST ? `is longer than ${LONGEST} bytes` : undefined;
}
