import assert from 'node:assert/strict';

export interface ReadFamily {
  readonly type: string;
  readonly help: string;
  readonly samples: { name: string; labels: Record<string, string>; value: number }[];
}

const METRIC = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** Reads Prometheus' text format 0.0.4 as strictly as it is written down, and a histogram by what its series must add up to. */
export function readMetrics(text: string): Map<string, ReadFamily> {
  const families = new Map<string, ReadFamily>();
  if (text === '') return families;
  assert.ok(text.endsWith('\n'), 'the last line ends');
  let help: { name: string; text: string } | undefined;
  let current: { name: string; family: ReadFamily } | undefined;
  for (const line of text.slice(0, -1).split('\n')) {
    const comment = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line);
    if (comment?.[1] === 'HELP') {
      const [, , name = '', words = ''] = comment;
      assert.match(name, METRIC);
      assert.match(words, /^(?:[^\\]|\\[\\n])*$/);
      help = { name, text: words };
      current = undefined;
    } else if (comment?.[1] === 'TYPE') {
      const [, , name = '', type = ''] = comment;
      assert.equal(help?.name, name, 'TYPE follows HELP');
      assert.ok(['counter', 'gauge', 'histogram'].includes(type), type);
      assert.ok(!families.has(name), `${name} is there twice`);
      if (type === 'counter') assert.match(name, /_total$/);
      current = { name, family: { type, help: help?.text ?? '', samples: [] } };
      families.set(name, current.family);
    } else {
      assert.ok(current !== undefined, `a sample outside a family: ${line}`);
      const sample = readSample(line);
      const suffix = sample.name.slice(current.name.length);
      assert.ok(sample.name.startsWith(current.name), line);
      assert.ok(
        current.family.type === 'histogram' ? ['_bucket', '_sum', '_count'].includes(suffix) : suffix === '',
        line,
      );
      current.family.samples.push(sample);
    }
  }
  for (const [name, family] of families) checkFamily(name, family);
  return families;
}

function readSample(line: string): ReadFamily['samples'][number] {
  const [, name = '', inside, number = ''] = /^([^{ ]+)(?:\{(.*)\})? (\S+)$/s.exec(line) ?? [];
  assert.match(name, METRIC, line);
  const labels: Record<string, string> = {};
  let rest = inside ?? '';
  while (rest !== '') {
    const pair = /^([^=]+)="((?:[^"\\\n]|\\[\\"n])*)"(?:,(?=.)|$)/.exec(rest);
    assert.ok(pair, `labels of ${line}`);
    const [all, label = '', value = ''] = pair;
    assert.match(label, LABEL);
    assert.ok(!(label in labels), `${label} twice in ${line}`);
    labels[label] = value.replaceAll(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped));
    rest = rest.slice(all.length);
  }
  assert.match(number, /^(?:[+-]?Inf|NaN|[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/, line);
  const value = number.endsWith('Inf') ? Number(number.replace('Inf', 'Infinity')) : Number(number);
  return { name, labels, value };
}

function checkFamily(name: string, { type, samples }: ReadFamily): void {
  const keys = samples.map((sample) => JSON.stringify([sample.name, Object.entries(sample.labels).sort()]));
  assert.equal(new Set(keys).size, keys.length, `${name} has a series twice`);
  if (type !== 'histogram') return;
  const series = new Map<string, { les: number[]; counts: number[]; count?: number; sum?: number }>();
  for (const { name: own, labels, value } of samples) {
    const { le, ...others } = labels;
    const key = JSON.stringify(others);
    const one = series.get(key) ?? { les: [], counts: [] };
    series.set(key, one);
    if (own.endsWith('_bucket')) {
      one.les.push(le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le));
      one.counts.push(value);
    } else if (own.endsWith('_sum')) one.sum = value;
    else one.count = value;
  }
  for (const { les, counts, count, sum } of series.values()) {
    assert.deepEqual(
      les,
      [...les].sort((a, b) => a - b),
    );
    assert.equal(les.at(-1), Number.POSITIVE_INFINITY);
    assert.deepEqual(
      counts,
      [...counts].sort((a, b) => a - b),
    );
    assert.equal(counts.at(-1), count);
    assert.ok(sum !== undefined);
  }
}
