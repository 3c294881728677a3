import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { findMember, rawValue, scanMembers } from '../../src/contract/members.ts';
import { damaged, randomObject, seeded } from './random-json.ts';

describe('places of members in a text', () => {
  test('keys, values and order, duplicates included', () => {
    const text = ' { "b" : 1.0 ,"a":"x\\"}","b":[1,{"b":2}] , "\\u005fk":null}';
    const members = scanMembers(text) ?? [];
    assert.deepEqual(
      members.map(({ key, start, valueStart, end }) => [
        key,
        text.slice(start, valueStart),
        text.slice(valueStart, end),
      ]),
      [
        ['b', '"b" : ', '1.0'],
        ['a', '"a":', '"x\\"}"'],
        ['b', '"b":', '[1,{"b":2}]'],
        ['_k', '"\\u005fk":', 'null'],
      ],
    );
    assert.equal(rawValue(text, 'b'), '[1,{"b":2}]', 'the last one counts');
    assert.equal(findMember(text, 'c'), undefined);
  });

  test('every digit is still there', () => {
    const text = '{"payload":{"n":123456789012345678901234567890,"f":1.0}}';
    const payload = findMember(text, 'payload');
    assert.ok(payload);
    assert.equal(rawValue(text, 'n', payload.valueStart), '123456789012345678901234567890');
    assert.equal(rawValue(text, 'f', payload.valueStart), '1.0');
  });

  test('agrees with JSON.parse (20,000 objects, seed 2)', () => {
    const random = seeded(2);
    let seen = 0;
    for (let round = 0; round < 20_000; round += 1) {
      const text = randomObject(random, 4);
      const members = scanMembers(text);
      assert.ok(members, text);
      seen += members.length;
      const rebuilt = members.map(({ key, valueStart, end }): [string, unknown] => [
        key,
        JSON.parse(text.slice(valueStart, end)),
      ]);
      assert.deepEqual(Object.fromEntries(rebuilt), JSON.parse(text), text);
      for (const { key, start, valueStart } of members)
        assert.equal(JSON.parse(text.slice(start, valueStart).trimEnd().slice(0, -1)), key, text);
    }
    assert.ok(seen > 20_000);
  });

  test('ends on anything, and throws on nothing (20,000 damaged texts, seed 3)', () => {
    const random = seeded(3);
    for (let round = 0; round < 20_000; round += 1) {
      const text = damaged(random, damaged(random, randomObject(random, 3)));
      for (const { start, valueStart, end } of scanMembers(text) ?? []) {
        assert.ok(start < valueStart && valueStart < end && end <= text.length, text);
      }
    }
  });

  for (const text of [
    '',
    ' ',
    '[]',
    '"x"',
    '5',
    '{',
    '{"a"',
    '{"a":',
    '{"a":1',
    '{"a":1,',
    '{"a":}',
    '{"a":,"b":1}',
    '{a:1}',
    '{"a":"x}',
    '{"a":[1}',
    '{"a" 1}',
    '{"\\x":1}',
  ]) {
    test(`gives up on ${JSON.stringify(text)}`, () => assert.equal(scanMembers(text), undefined));
  }

  test('depth and length are no matter', () => {
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    assert.equal(rawValue(`{"a":1,"d":${deep},"z":2}`, 'z'), '2');
    assert.equal(rawValue(`{"s":"${'\\"'.repeat(300_000)}","z":2}`, 'z'), '2');
    assert.equal(rawValue(`{"s":"${'\\\\'.repeat(300_000)}","z":2}`, 'z'), '2');
  });
});
