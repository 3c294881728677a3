import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { HeddleError } from '../../src/errors.ts';
import { type Check, failed, GROUPS, type Outcome, passed, skipped } from '../../src/preflight/check.ts';
import { CHECKS } from '../../src/preflight/checks/list.ts';
import { readExpectation } from '../../src/preflight/expectation.ts';
import type { Probe } from '../../src/preflight/probe.ts';
import type { Report } from '../../src/preflight/report.ts';
import { runChecks } from '../../src/preflight/run-checks.ts';
import { readIgnored, type Selection } from '../../src/preflight/selection.ts';
import { createFakeClock } from '../../src/time/fake-clock.ts';
import { inProject } from '../helpers/root.ts';

const PROBE = { facts: () => ({ urls: [] }) } as unknown as Probe;
const NONE: Selection = { expectations: [], ignored: [] };

function check(id: string, run: Check['run'], more: Partial<Check> = {}): Check {
  return { id, group: 'bus', title: `${id} holds`, level: 'required', run, ...more };
}

async function run(
  checks: readonly Check[],
  selection = NONE,
  deadlineMs = 10_000,
  clock = createFakeClock(),
): Promise<Report> {
  return await runChecks({ checks, probe: PROBE, selection, deadlineMs, clock });
}

const shape = (report: Report) => report.results.map(({ id, status, reason }) => [id, status, reason]);
const no: Outcome = failed({ problem: 'no', target: 'x' });

test('results come in the order of the list, whatever ends first; independent checks run side by side', async () => {
  let release = (): void => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const report = await run([
    check('a', async () => {
      await gate;
      return passed();
    }),
    check('b', () => {
      release();
      return passed('quick');
    }),
  ]);
  assert.deepEqual(shape(report), [
    ['a', 'passed', undefined],
    ['b', 'passed', undefined],
  ]);
  assert.equal(report.verdict, 'ok');
});

test('what needs a failed check is skipped with the reason, down the whole chain; the others run', async () => {
  const report = await run([
    check('a', () => no),
    check('b', () => passed(), { needs: ['a'] }),
    check('c', () => passed(), { needs: ['b'] }),
    check('d', () => passed()),
    check('e', () => skipped('unknown')),
    check('f', () => passed(), { needs: ['d', 'e'] }),
  ]);
  assert.deepEqual(shape(report), [
    ['a', 'failed', undefined],
    ['b', 'skipped', 'because a failed'],
    ['c', 'skipped', 'because a failed'],
    ['d', 'passed', undefined],
    ['e', 'skipped', 'unknown'],
    ['f', 'skipped', 'unknown'],
  ]);
  assert.deepEqual(report.counts, { passed: 1, warning: 0, failed: 1, skipped: 4, ignored: 0 });
});

test('a warning about something required does not stand in the way; failed advice does', async () => {
  const report = await run([
    check('a', () => failed({ problem: 'one of two', level: 'advisory' })),
    check('b', () => passed(), { needs: ['a'] }),
    check('c', () => no, { level: 'advisory' }),
    check('d', () => passed(), { needs: ['c'] }),
  ]);
  assert.deepEqual(
    shape(report).map(([id, status]) => [id, status]),
    [
      ['a', 'warning'],
      ['b', 'passed'],
      ['c', 'warning'],
      ['d', 'skipped'],
    ],
  );
  assert.equal(report.verdict, 'warnings');
});

test('what is ignored does not count, whole or by target, and still stands in the way', async () => {
  const two = () => failed({ problem: 'x', target: 'echo.local' }, { problem: 'y', target: 'resize.local' });
  const by = async (...ignored: string[]) =>
    shape(
      await run([check('a', two), check('b', () => passed(), { needs: ['a'] })], {
        expectations: [],
        ignored: ignored.map((each) => readIgnored(each, [{ id: 'a' }, { id: 'b' }])),
      }),
    );
  assert.deepEqual(await by('a'), [
    ['a', 'ignored', undefined],
    ['b', 'skipped', 'because a failed'],
  ]);
  assert.equal((await by('a=echo.local'))[0]?.[1], 'failed');
  assert.equal((await by('a=echo.local', 'a=resize.local'))[0]?.[1], 'ignored');
  assert.equal((await by('b'))[0]?.[1], 'failed');
});

test('an expectation makes a requirement of advice, and only of what it names', async () => {
  const absent = (target: string) =>
    check('bus.worker_present', () => failed({ problem: 'absent', target }), { level: 'advisory' });
  const selection = { expectations: [readExpectation('worker:echo.local:2')], ignored: [] };
  assert.equal((await run([absent('echo.local')], selection)).verdict, 'failed');
  assert.equal((await run([absent('resize.local')], selection)).verdict, 'warnings');
});

test('a foreseen error that a check lets through is its finding; an unforeseen one is not swallowed', async () => {
  const report = await run([
    check('a', () => {
      throw new HeddleError('connection_lost', 'gone', { hint: 'again' });
    }),
  ]);
  const { level, ignored, ...finding } = report.results[0]?.findings[0] ?? {};
  assert.deepEqual(finding, { problem: 'gone', hint: 'again', code: 'connection_lost' });
  assert.deepEqual([level, ignored], ['required', false]);
  await assert.rejects(
    run([
      check('a', () => {
        throw new TypeError('a bug');
      }),
    ]),
    /a bug/,
  );
});

test('a check that never ends has failed at the deadline, and its signal is aborted', async () => {
  let aborted = false;
  const clock = createFakeClock({ now: 5_000 });
  const running = run(
    [
      check('a', (_probe, signal) => {
        signal.addEventListener('abort', () => {
          aborted = true;
        });
        return new Promise<Outcome>(() => {});
      }),
      check('b', () => passed()),
    ],
    NONE,
    30,
    clock,
  );
  await clock.advance(29);
  assert.equal(aborted, false);
  await clock.advance(1);
  const report = await running;
  assert.deepEqual([report.startedAt, report.durationMs, clock.waiting], [5_000, 30, 0]);
  assert.deepEqual(
    report.results.map(({ durationMs }) => durationMs),
    [30, 0],
  );
  assert.deepEqual(shape(report), [
    ['a', 'failed', undefined],
    ['b', 'passed', undefined],
  ]);
  assert.match(report.results[0]?.findings[0]?.problem ?? '', /not finished when the time was up \(30 ms\)/);
  assert.ok(aborted);
});

test('the list of checks: ids are unique, name their group, and need only what stands before them', () => {
  const seen = new Set<string>();
  for (const { id, group, needs = [], title } of CHECKS) {
    assert.match(id, /^[a-z]+\.[a-z0-9_]+$/);
    assert.ok(id.startsWith(`${group}.`), id);
    assert.ok(!seen.has(id), `${id} twice`);
    for (const need of needs) assert.ok(seen.has(need), `${id} needs ${need}, which does not come before it`);
    assert.ok(title.length > 10 && !title.endsWith('.'), title);
    seen.add(id);
  }
  const inOrder = CHECKS.map(({ group }) => GROUPS.indexOf(group));
  assert.deepEqual(
    inOrder,
    inOrder.toSorted((a, b) => a - b),
    'groups in the order of display',
  );
});

test('every check of every file is in the list, and stands in a file of its group', async () => {
  const files = readdirSync(inProject('src', 'preflight', 'checks')).filter((name) => name !== 'list.ts');
  const found: string[] = [];
  for (const file of files) {
    const lists: Readonly<Record<string, readonly Check[]>> = await import(`../../src/preflight/checks/${file}`);
    for (const { id, group } of Object.values(lists).flat()) {
      assert.ok(file === `${group}.ts` || file.startsWith(`${group}-`), `${id} stands in ${file}`);
      found.push(id);
    }
  }
  assert.deepEqual(found.sort(), CHECKS.map(({ id }) => id).sort());
});

test('what --expect takes, and what it refuses', () => {
  assert.deepEqual(readExpectation('router'), { kind: 'router' });
  assert.deepEqual(readExpectation('worker:echo'), { kind: 'worker', type: 'echo', tier: undefined, min: 1 });
  assert.deepEqual(readExpectation('worker:echo.local:12'), { kind: 'worker', type: 'echo', tier: 'local', min: 12 });
  const names = ['text.split', 'text.split.local:2', 'größe.standard', 'a:b', 'local'].map((name) =>
    readExpectation(`worker:${name}`),
  );
  assert.deepEqual(names, [
    { kind: 'worker', type: 'text.split', tier: undefined, min: 1 },
    { kind: 'worker', type: 'text.split', tier: 'local', min: 2 },
    { kind: 'worker', type: 'größe', tier: 'standard', min: 1 },
    { kind: 'worker', type: 'a:b', tier: undefined, min: 1 },
    { kind: 'worker', type: 'local', tier: undefined, min: 1 },
  ]);
  for (const wrong of [
    '',
    'worker',
    'worker:',
    'worker:a b',
    'worker:a..b',
    'worker:.local',
    'worker:echo:0',
    'worker:*',
    'constructor',
    'routers',
  ]) {
    assert.throws(() => readExpectation(wrong), { code: 'usage' }, wrong);
  }
});
