/** Names and values, in the order in which they are written. */
export type Labels = Readonly<Record<string, string>>;

/** One metric with all its series. */
export type Family =
  | {
      readonly type: 'counter' | 'gauge';
      readonly name: string;
      readonly help: string;
      readonly samples: readonly (readonly [Labels, number])[];
    }
  | {
      readonly type: 'histogram';
      readonly name: string;
      readonly help: string;
      readonly samples: readonly (readonly [Labels, HistogramState])[];
    };

export interface HistogramState {
  /** Upper bounds, rising. */
  readonly bounds: readonly number[];
  /** How many were observed up to each bound. */
  readonly counts: readonly number[];
  readonly count: number;
  readonly sum: number;
}

/** Of `metricsText`, for the header of that name. */
export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Prometheus' text format, version 0.0.4. A family without series is left out. */
export function metricsText(families: readonly Family[]): string {
  const lines: string[] = [];
  for (const family of families) {
    const { name, type, help } = family;
    if (family.samples.length === 0) continue;
    lines.push(`# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}`, `# TYPE ${name} ${type}`);
    if (family.type === 'histogram')
      for (const sample of family.samples) lines.push(...histogramLines(name, ...sample));
    else for (const [labels, value] of family.samples) lines.push(`${name}${shown(labels)} ${number(value)}`);
  }
  return `${lines.join('\n')}\n`;
}

function histogramLines(name: string, labels: Labels, { bounds, counts, count, sum }: HistogramState): string[] {
  const bucket = (le: string, value: number): string => `${name}_bucket${shown({ ...labels, le })} ${number(value)}`;
  return [
    ...bounds.map((bound, at) => bucket(number(bound), counts[at] ?? 0)),
    bucket('+Inf', count),
    `${name}_sum${shown(labels)} ${number(sum)}`,
    `${name}_count${shown(labels)} ${number(count)}`,
  ];
}

/** Names from the bus stand in labels: whatever they hold stays inside the quotes. */
function shown(labels: Labels): string {
  const entries = Object.entries(labels);
  if (entries.length === 0) return '';
  return `{${entries.map(([name, value]) => `${name}="${escaped(value)}"`).join(',')}}`;
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function number(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value);
}

/** Counts what is observed into buckets. */
export class Histogram implements HistogramState {
  readonly bounds: readonly number[];
  /** Between one bound and the next. */
  readonly #within: number[];
  count = 0;
  sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.#within = bounds.map(() => 0);
  }

  get counts(): readonly number[] {
    let upTo = 0;
    return this.#within.map((each) => {
      upTo += each;
      return upTo;
    });
  }

  observe(value: number): void {
    this.count += 1;
    this.sum += value;
    const at = this.bounds.findIndex((bound) => value <= bound);
    if (at >= 0) this.#within[at] = (this.#within[at] as number) + 1;
  }
}

/** A counter by one label whose values are known beforehand: each of its series is there from the start, at 0. */
export class CounterBy<Value extends string> {
  readonly #label: string;
  readonly #counts: Map<Value, number>;

  constructor(label: string, values: readonly Value[]) {
    this.#label = label;
    this.#counts = new Map(values.map((value) => [value, 0]));
  }

  add(value: Value, by = 1): void {
    this.#counts.set(value, (this.#counts.get(value) ?? 0) + by);
  }

  /** With further labels before its own. */
  samples(labels: Labels = {}): [Labels, number][] {
    return [...this.#counts].map(([value, count]) => [{ ...labels, [this.#label]: value }, count]);
  }
}
