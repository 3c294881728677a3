import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CounterBy, Histogram, metricsText } from '../../src/http/prometheus.ts';
import { workerMetrics } from '../../src/worker/metrics.ts';
import { readMetrics } from './prometheus-reader.ts';

test('counters, gauges and a histogram, as Prometheus reads them', () => {
  const took = new Histogram([0.1, 1, 10]);
  for (const seconds of [0.05, 0.1, 0.5, 5, 50]) took.observe(seconds);
  const tasks = new CounterBy('status', ['completed', 'failed']);
  tasks.add('completed');
  tasks.add('completed', 2);
  const text = metricsText([
    { name: 'x_tasks_total', type: 'counter', help: 'Tasks.', samples: tasks.samples({ worker: 'w' }) },
    { name: 'x_up', type: 'gauge', help: 'Up.', samples: [[{}, 1]] },
    { name: 'x_seconds', type: 'histogram', help: 'Time.', samples: [[{ worker: 'w' }, took]] },
  ]);
  assert.equal(
    text,
    `# HELP x_tasks_total Tasks.
# TYPE x_tasks_total counter
x_tasks_total{worker="w",status="completed"} 3
x_tasks_total{worker="w",status="failed"} 0
# HELP x_up Up.
# TYPE x_up gauge
x_up 1
# HELP x_seconds Time.
# TYPE x_seconds histogram
x_seconds_bucket{worker="w",le="0.1"} 2
x_seconds_bucket{worker="w",le="1"} 3
x_seconds_bucket{worker="w",le="10"} 4
x_seconds_bucket{worker="w",le="+Inf"} 5
x_seconds_sum{worker="w"} 55.65
x_seconds_count{worker="w"} 5
`,
  );
  assert.equal(readMetrics(text).size, 3);
});

test('whatever a label or a help text holds comes back as it was', () => {
  const values = ['', '"', '\\', '\n', 'a"b\\c\nd', '\\n', '}', 'x="y",z="', '{} 1\nforged 2', 'größe', '\u2028'];
  const text = metricsText([
    {
      name: 'x',
      type: 'gauge',
      help: 'A \\ and\na line',
      samples: values.map((value, at) => [{ value }, at] as const),
    },
  ]);
  const family = readMetrics(text).get('x');
  assert.deepEqual(
    family?.samples.map(({ labels }) => labels.value),
    values,
  );
  assert.equal(family?.help, 'A \\\\ and\\na line');
});

test('numbers that are none have their own words', () => {
  const numbers = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, 1e21, 1.5e-7, -0.5];
  const text = metricsText([
    { name: 'x', type: 'gauge', help: 'X.', samples: numbers.map((value, at) => [{ at: String(at) }, value] as const) },
  ]);
  assert.deepEqual(
    readMetrics(text)
      .get('x')
      ?.samples.map(({ value }) => value),
    numbers,
  );
  assert.match(text, /"0"\} \+Inf\n.*-Inf\n.*NaN\n.*1e\+21\n.*1\.5e-7\n/);
});

test('a family without series is left out; a counter and a histogram are there at 0', () => {
  const text = metricsText([
    { name: 'none', type: 'gauge', help: 'Nothing.', samples: [] },
    { name: 'x_total', type: 'counter', help: 'X.', samples: new CounterBy('why', ['a', 'b']).samples() },
    { name: 'y', type: 'histogram', help: 'Y.', samples: [[{}, new Histogram([1])]] },
  ]);
  const families = readMetrics(text);
  assert.deepEqual([...families.keys()], ['x_total', 'y']);
  for (const { samples } of families.values())
    assert.ok(samples.length >= 2 && samples.every(({ value }) => value === 0));
});

test('the worker’s metrics are read so, with every series from the start', () => {
  const families = readMetrics(workerMetrics('e"\\\n', 'local').text({ running: 0, waiting: 0 }));
  assert.ok(families.size >= 10);
  for (const [name, { samples }] of families) {
    assert.ok(samples.length > 0);
    for (const { labels, value } of samples) {
      assert.equal(name.startsWith('heddle_worker_') ? labels.worker : labels.worker_type, 'e"\\\n');
      assert.equal(value, name === 'heddle_worker_connected' ? 1 : 0);
    }
  }
});
