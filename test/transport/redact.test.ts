import assert from 'node:assert/strict';
import { test } from 'node:test';
import { redactText, redactUrl } from '../../src/transport/redact.ts';

test('a URL shows its user and hides the rest', () => {
  const cases: readonly [string, string][] = [
    ['nats://bus:4222', 'nats://bus:4222'],
    ['nats://ada:secret@bus:4222', 'nats://ada:xxxxx@bus:4222'],
    ['ada:secret@bus', 'ada:xxxxx@bus'],
    ['nats://token@bus', 'nats://xxxxx@bus'],
    ['nats://ada:p@ss/w:rd@bus', 'nats://ada:xxxxx@bus'],
    ['nats://a:b@one,nats://c:d@two', 'nats://a:xxxxx@two'],
    ['ada:p://q@bus', 'ada:xxxxx@bus'],
    ['nats://ada:p://q@bus', 'nats://ada:xxxxx@bus'],
    ['', ''],
  ];
  for (const [url, shown] of cases) assert.equal(redactUrl(url), shown);
});

test('text loses what is known to be secret and what looks like it', () => {
  const seed = `SU${'A'.repeat(56)}`;
  const jwt = 'eyJ0eXAiOiJKV1QifQ.eyJzdWIiOiJVIn0.c2ln';
  const cases: readonly [string, readonly string[], string][] = [
    ['no secrets here', [], 'no secrets here'],
    ['bad password hunter2!', ['hunter2'], 'bad password xxxxx!'],
    ['hunter2 hunter2 hunter22', ['hunter2', 'hunter22'], 'xxxxx xxxxx xxxxx'],
    ['encoded p%40ss too', ['p@ss'], 'encoded xxxxx too'],
    ['short ab stays', ['ab', ''], 'short ab stays'],
    [`seed ${seed} in text`, [], 'seed xxxxx in text'],
    [`jwt ${jwt}.`, [], 'jwt xxxxx.'],
    ['see nats://ada:secret@bus:1 and tls://t@x', [], 'see nats://xxxxx@bus:1 and tls://xxxxx@x'],
  ];
  for (const [text, secrets, shown] of cases) assert.equal(redactText(text, secrets), shown);
});

test('a long hostile text costs no more than its length', () => {
  const from = performance.now();
  redactText('a://'.repeat(200_000) + 'eyJ'.repeat(100_000), ['aaaa']);
  assert.ok(performance.now() - from < 5000);
});
