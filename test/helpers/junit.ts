import assert from 'node:assert/strict';

/** The elements and attributes of the JUnit report format as its common XML schema has them, as far as reports of checks go. */
const ELEMENTS: Readonly<Record<string, { inside: string; attributes: string[]; required: string[] }>> = {
  testsuites: { inside: '', attributes: ['name', 'tests', 'failures', 'errors', 'time'], required: ['tests'] },
  testsuite: {
    inside: 'testsuites',
    attributes: ['name', 'tests', 'failures', 'errors', 'skipped', 'time'],
    required: ['name', 'tests', 'failures', 'errors'],
  },
  testcase: { inside: 'testsuite', attributes: ['name', 'classname', 'file', 'time'], required: ['name', 'classname'] },
  failure: { inside: 'testcase', attributes: ['message', 'type'], required: ['type'] },
  'system-out': { inside: 'testcase', attributes: [], required: [] },
};

/** Throws unless the text is well-formed XML of that form; tells what it counts, after counting it anew. */
export function checkJunit(xml: string): { tests: number; failures: number } {
  assert.ok(xml.startsWith('<?xml version="1.0" encoding="UTF-8"?>\n'));
  assert.doesNotMatch(xml, /[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/);
  const open: string[] = [];
  const counted: Record<string, number> = {};
  let declared: Record<string, string> = {};
  const rest = xml
    .slice(xml.indexOf('\n'))
    .replace(
      /<(\/?)([a-z-]+)((?:\s+[a-z]+="[^"<]*")*)\s*(\/?)>/g,
      (_, closing: string, name: string, attributes: string, empty: string) => {
        if (closing !== '') {
          assert.equal(open.pop(), name);
          return '';
        }
        const rule = ELEMENTS[name];
        assert.ok(rule, `unknown element ${name}`);
        assert.equal(open.at(-1) ?? '', rule.inside, `${name} inside ${open.at(-1)}`);
        const values = Object.fromEntries(
          [...attributes.matchAll(/([a-z]+)="([^"]*)"/g)].map((each) => [each[1], each[2]]),
        );
        for (const each of Object.keys(values)) assert.ok(rule.attributes.includes(each), `${name} ${each}`);
        for (const each of rule.required) assert.ok(each in values, `${name} without ${each}`);
        for (const value of Object.values(values)) entities(value as string);
        counted[name] = (counted[name] ?? 0) + 1;
        if (name === 'testsuite') declared = values;
        if (empty === '') open.push(name);
        return '';
      },
    );
  assert.deepEqual(open, []);
  entities(rest);
  assert.doesNotMatch(rest, /[<>]/, 'text outside elements');
  const tests = counted.testcase ?? 0;
  const failures = counted.failure ?? 0;
  assert.deepEqual([declared.tests, declared.failures], [String(tests), String(failures)]);
  return { tests, failures };
}

function entities(text: string): void {
  assert.doesNotMatch(text, /&(?!(?:amp|lt|gt|quot|apos);)/);
}
