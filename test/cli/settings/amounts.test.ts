import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatDuration, parseDuration, readDuration } from '../../../src/cli/flags/duration.ts';
import { parseRate } from '../../../src/cli/flags/rate.ts';
import { formatSize, parseSize } from '../../../src/cli/flags/size.ts';
import { isHeddleError } from '../../../src/errors.ts';

test('durations', () => {
  const cases: [text: string, ms: number][] = [
    ['500ms', 500],
    ['5s', 5000],
    ['2m', 120_000],
    ['1h', 3_600_000],
    ['1.5s', 1500],
    ['5', 5000],
    ['0.25', 250],
    ['0', 0],
    ['0s', 0],
    ['1m30s', 90_000],
    ['1h0.5m', 3_630_000],
    ['0.1ms', 1],
    ['1.4ms', 1],
    [' 5s ', 5000],
    ['2147483647ms', 2_147_483_647],
    ['24h', 86_400_000],
  ];
  for (const [text, ms] of cases) assert.deepEqual(readDuration(text), { ms }, text);
});

test('what is no duration', () => {
  const cases: [text: string, problem: string][] = [
    ['', 'is not a duration'],
    ['abc', 'is not a duration'],
    ['5x', 'is not a duration'],
    ['5 s', 'is not a duration'],
    ['5S', 'is not a duration'],
    ['.5s', 'is not a duration'],
    ['1e3', 'is not a duration'],
    ['0x10', 'is not a duration'],
    ['NaN', 'is not a duration'],
    ['Infinity', 'is not a duration'],
    ['5d', 'is not a duration'],
    ['-5s', 'is negative'],
    ['-1', 'is negative'],
    ['2147483648ms', 'is longer than 24 days'],
    ['25000h', 'is longer than 24 days'],
    ['9'.repeat(400), 'is longer than 24 days'],
  ];
  for (const [text, problem] of cases) assert.deepEqual(readDuration(text), { problem }, text);
});

test('a bad value is a usage error that names the flag, the value and the way to write it', () => {
  const cases: [() => unknown, RegExp, RegExp][] = [
    [() => parseDuration('5x', '--timeout'), /^--timeout: "5x" is not a duration$/, /500ms/],
    [() => parseDuration('1s', '--wait', { min: 5000 }), /^--wait: "1s" is shorter than 5s$/, /500ms/],
    [() => parseDuration('1h', '--wait', { max: 60_000 }), /^--wait: "1h" is longer than 1m$/, /500ms/],
    [() => parseDuration('\x1b[2J', '--wait'), /^--wait: "\\x1b\[2J" is not/, /500ms/],
    [() => parseSize('64M', '--max-size'), /^--max-size: "64M" is not a size$/, /64MiB/],
    [() => parseSize('-1', '--max-size'), /is not a size/, /64MiB/],
    [() => parseSize('9999999999GiB', '--max-size'), /is more than/, /64MiB/],
    [() => parseSize('1KiB', '--max-size', { min: 2048 }), /is less than 2KiB/, /64MiB/],
    [() => parseRate('fast', '--rate'), /^--rate: "fast" is not a rate$/, /50\/s/],
    [() => parseRate('0', '--rate'), /would never send/, /50\/s/],
    [() => parseRate('0/s', '--rate'), /would never send/, /50\/s/],
    [() => parseRate('-5/s', '--rate'), /is not a rate/, /50\/s/],
    [() => parseRate('5/d', '--rate'), /is not a rate/, /50\/s/],
    [() => parseRate('99999999/s', '--rate'), /ten million/, /50\/s/],
    [() => parseRate('0.001/h', '--rate'), /slower/, /50\/s/],
  ];
  for (const [act, message, hint] of cases) {
    assert.throws(act, (error) => {
      assert.ok(isHeddleError(error));
      assert.equal(error.code, 'usage');
      assert.match(error.message, message);
      assert.match(error.hint ?? '', hint);
      return true;
    });
  }
});

test('durations for people', () => {
  const cases: [ms: number, text: string][] = [
    [0, '0ms'],
    [0.04, '0ms'],
    [0.42, '0.4ms'],
    [9.96, '10ms'],
    [12.4, '12ms'],
    [999.4, '999ms'],
    [999.6, '1s'],
    [1000, '1s'],
    [1234, '1.2s'],
    [59_940, '59.9s'],
    [59_960, '1m'],
    [90_000, '1m30s'],
    [3_599_600, '1h'],
    [3_780_000, '1h3m'],
    [86_400_000, '24h'],
    [-1500, '-1.5s'],
    [Number.NaN, '?'],
    [Number.POSITIVE_INFINITY, '?'],
  ];
  for (const [ms, text] of cases) assert.equal(formatDuration(ms), text, String(ms));
});

test('what is printed can be read back', () => {
  for (let ms = 1; ms < 90_000_000; ms = Math.ceil(ms * 1.37)) {
    const reading = readDuration(formatDuration(ms));
    assert.ok('ms' in reading, formatDuration(ms));
    assert.ok(Math.abs(reading.ms - ms) <= Math.max(ms * 0.05, 1), `${ms} ${formatDuration(ms)}`);
  }
});

test('sizes', () => {
  const cases: [text: string, bytes: number][] = [
    ['1024', 1024],
    ['0', 0],
    ['10MB', 10_000_000],
    ['64MiB', 67_108_864],
    ['64mib', 67_108_864],
    ['1.5KiB', 1536],
    ['2 GiB', 2_147_483_648],
    ['10b', 10],
    ['1kB', 1000],
  ];
  for (const [text, bytes] of cases) assert.equal(parseSize(text, '--size'), bytes, text);
  const shown: [bytes: number, text: string][] = [
    [0, '0B'],
    [1023, '1023B'],
    [1024, '1KiB'],
    [1536, '1.5KiB'],
    [1_048_575, '1MiB'],
    [67_108_864, '64MiB'],
  ];
  for (const [bytes, text] of shown) assert.equal(formatSize(bytes), text);
});

test('rates', () => {
  const cases: [text: string, perSecond: number, intervalMs: number][] = [
    ['50/s', 50, 20],
    ['50', 50, 20],
    ['30/m', 0.5, 2000],
    ['30/min', 0.5, 2000],
    ['3600/h', 1, 1000],
    ['0.5/s', 0.5, 2000],
    ['2/sec', 2, 500],
  ];
  for (const [text, perSecond, intervalMs] of cases) {
    assert.deepEqual(parseRate(text, '--rate'), { perSecond, intervalMs }, text);
  }
});
