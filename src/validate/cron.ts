interface Part {
  readonly name: string;
  readonly low: number;
  readonly high: number;
  readonly words?: readonly string[];
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const ALIASES = ['@midnight', '@hourly', '@daily', '@weekly', '@monthly', '@yearly', '@annually'];

/** In the order of croniter: seconds and years come last. */
const PARTS: readonly Part[] = [
  { name: 'minute', low: 0, high: 59 },
  { name: 'hour', low: 0, high: 23 },
  { name: 'day', low: 1, high: 31 },
  { name: 'month', low: 1, high: 12, words: MONTHS },
  { name: 'weekday', low: 0, high: 7, words: DAYS },
  { name: 'second', low: 0, high: 59 },
  { name: 'year', low: 1970, high: 2099 },
];

/** Why croniter would refuse an expression; undefined when it would take it. */
export function cronProblem(expression: string): string | undefined {
  const text = expression.trim().toLowerCase();
  if (ALIASES.includes(text)) return undefined;
  const fields = text.split(/\s+/);
  if (text.startsWith('@')) return `there is no alias ${text}; aliases are ${ALIASES.join(', ')}`;
  if (text === '' || fields.length < 5 || fields.length > 7) {
    return `it needs 5 fields (minute hour day month weekday), it has ${text === '' ? 0 : fields.length}`;
  }
  for (const [at, field] of fields.entries()) {
    const problem = fieldProblem(field, PARTS[at]!);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function fieldProblem(field: string, part: Part): string | undefined {
  for (const item of field.split(',')) {
    if (!fits(item, part)) return `'${item}' is no ${part.name} (${part.low} to ${part.high})`;
  }
  return undefined;
}

function fits(item: string, part: Part): boolean {
  if (part.name === 'day' && item === 'l') return true;
  if (part.name === 'weekday' && /^(?:l[0-7]|l(?:sun|mon|tue|wed|thu|fri|sat)|[^#]+#[1-5l])$/.test(item)) {
    return fits(item.replace(/^l|#.$/g, ''), part);
  }
  // Hashed and random values are filled in by croniter itself.
  if (/^[hr](?:\(\d+-\d+\))?(?:\/[1-9]\d*)?$/.test(item)) return true;
  const found = /^(?:(\*|\?)|([a-z0-9]+)(?:-([a-z0-9]+))?)(?:\/([1-9]\d*))?$/.exec(item);
  if (found === null) return false;
  if (found[1] !== undefined) return found[1] === '*' || part.name === 'day' || part.name === 'weekday';
  const from = numberOf(found[2]!, part);
  const to = found[3] === undefined ? from : numberOf(found[3], part);
  return from !== undefined && to !== undefined;
}

function numberOf(text: string, part: Part): number | undefined {
  const word = part.words?.indexOf(text) ?? -1;
  if (word >= 0) return word + (part.name === 'month' ? 1 : 0);
  if (!/^\d+$/.test(text)) return undefined;
  const value = Number(text);
  return value >= part.low && value <= part.high ? value : undefined;
}
