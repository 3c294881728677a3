import assert from 'node:assert/strict';
import { test } from 'node:test';
import { permissionsOf, ROLES } from '../../src/contract/roles.ts';
import { lackingFor, needsRight } from '../../src/preflight/role-rights.ts';
import type { Permissions } from '../../src/transport/permissions.ts';

test('whoever has what acl prints lacks nothing, and of what is needed each is missed', () => {
  for (const role of ROLES) {
    const { publish, subscribe, denyPublish } = permissionsOf(role);
    const given: Permissions = {
      publish: { allow: publish.map(({ subject }) => subject), deny: denyPublish },
      subscribe: { allow: subscribe.map(({ subject }) => subject) },
    };
    assert.deepEqual(lackingFor(role, given), [], role);
    assert.deepEqual(lackingFor(role, {}), [], `${role}, unrestricted`);
    const needed = [...publish, ...subscribe].filter((each) => each.needed);
    assert.equal(lackingFor(role, { publish: { allow: ['x'] }, subscribe: { allow: ['x'] } }).length, needed.length);
  }
});

const WORKER: readonly [what: string, given: Permissions, lacks: readonly string[]][] = [
  ['of one type', { subscribe: { allow: ['heddle.tasks.echo.*'] } }, []],
  [
    'of one type and tier, in its group only',
    { subscribe: { allow: ['heddle.tasks.echo.local processors-echo'] } },
    [],
  ],
  ['of results without dots', { publish: { allow: ['heddle.results.*'] } }, []],
  ['of other subjects', { subscribe: { allow: ['heddle.events.>'] } }, ['subscribe heddle.tasks.*.*']],
  ['of all but tasks', { subscribe: { deny: ['heddle.tasks.>'] } }, ['subscribe heddle.tasks.*.*']],
  ['of all tasks but one', { subscribe: { deny: ['heddle.tasks.secret.*'] } }, []],
  ['of no answers', { publish: { deny: ['heddle.results.>'] } }, ['publish heddle.results.>']],
];

for (const [what, given, lacks] of WORKER) {
  test(`a worker ${what}`, () => assert.deepEqual(lackingFor('worker', given), lacks));
}

test('a right for one queue group counts for who joins it', () => {
  const router = (rule: string): string[] => lackingFor('router', { subscribe: { allow: [rule] } });
  assert.deepEqual(router('heddle.tasks.incoming router'), []);
  assert.deepEqual(router('heddle.tasks.incoming others'), ['subscribe heddle.tasks.incoming']);
});

test('a router need not send tasks to itself', () => {
  assert.equal(needsRight('router', 'publish', 'heddle.tasks.incoming'), false);
  assert.equal(needsRight('router', 'publish', 'heddle.tasks.echo.local'), true);
  assert.equal(needsRight('pipeline', 'publish', 'heddle.tasks.incoming'), true);
});
