import assert from 'node:assert/strict';
import { test } from 'node:test';
import { capabilitiesOf } from '../../src/transport/capabilities.ts';

test('what a server can be asked follows from its version', () => {
  const cases: readonly (readonly [string, boolean, boolean])[] = [
    ['', false, false],
    ['1.4.1', false, false],
    ['2.8.4', false, false],
    ['2.9.0', false, true],
    ['2.9.10', false, true],
    ['2.10.0-RC.1', true, true],
    ['2.15.3', true, true],
    ['3.0.0', true, true],
  ];
  for (const [version, whoAmI, connz] of cases) {
    assert.deepEqual(capabilitiesOf(version, false), { jetstream: true, whoAmI, connz }, version);
  }
});

test('our own servers answer both questions and keep nothing', () => {
  assert.deepEqual(capabilitiesOf('', true), { jetstream: false, whoAmI: true, connz: true });
});
