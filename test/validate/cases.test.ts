import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { adviceText } from '../../src/cli/remedies.ts';
import { readDocument } from '../../src/config/document.ts';
import { CONFIG_KINDS, type ConfigKind } from '../../src/config/kind.ts';
import { validate } from '../../src/validate/engine.ts';
import type { Finding } from '../../src/validate/finding.ts';
import { RULE_IDS, RULES } from '../../src/validate/rules/list.ts';
import { inProject } from '../helpers/root.ts';

// cases/<kind>/err/x.yaml must give what x.out holds; cases/<kind>/ok/x.yaml, its mended twin, must give nothing.
// A case of several files is a folder. UPDATE_GOLDEN=1 writes the .out files: read the difference before you commit it.

const ROOT = inProject('test', 'validate', 'cases');
const UPDATE = process.env.UPDATE_GOLDEN === '1';

interface Case {
  name: string;
  path: string;
  kind: ConfigKind | undefined;
}

function casesIn(verdict: 'ok' | 'err'): Case[] {
  return readdirSync(ROOT).flatMap((kind) =>
    readdirSync(join(ROOT, kind, verdict))
      .filter((name) => !name.endsWith('.out'))
      .map((name) => ({
        name: `${kind}/${verdict}/${name}`,
        path: join(ROOT, kind, verdict, name),
        kind: CONFIG_KINDS.find((each) => each === kind),
      })),
  );
}

function findingsOf({ path, kind }: Case): readonly Finding[] {
  const files = statSync(path).isDirectory() ? readdirSync(path).sort() : [''];
  const documents = files.map((file) => readDocument(file || 'x.yaml', readFileSync(join(path, file))));
  const { files: judged, failures } = validate(documents, { rules: RULES, as: kind });
  assert.deepEqual(failures, []);
  if (kind !== undefined) assert.equal(judged[0]?.kind, kind, `the kind of ${path}`);
  return judged.flatMap((file) => file.findings);
}

const shown = ({ file, line, column, endLine, endColumn, severity, message, rule, ...advice }: Finding): string => {
  const hint = adviceText(advice);
  return `${file}:${line}:${column}-${endLine}:${endColumn} ${severity} ${rule}: ${message}${hint === undefined ? '' : `\n    ${hint}`}\n`;
};

const spoken = new Set<string>();

for (const each of casesIn('err')) {
  test(each.name, () => {
    const findings = findingsOf(each);
    for (const { rule } of findings) spoken.add(rule);
    assert.notEqual(findings.length, 0, 'a case in err/ must give something');
    const golden = `${each.path.replace(/\.yaml$/, '')}.out`;
    const text = findings.map(shown).join('');
    if (UPDATE) writeFileSync(golden, text);
    assert.equal(text, existsSync(golden) ? readFileSync(golden, 'utf8').replaceAll('\r\n', '\n') : '');
  });
}

for (const each of casesIn('ok')) {
  test(`${each.name} is silent`, () => {
    assert.deepEqual(findingsOf(each).map(shown), []);
  });
}

test('every case in err/ has its twin in ok/, and the other way round', () => {
  const bare = (verdict: 'ok' | 'err'): string[] =>
    casesIn(verdict).map(({ name }) => name.replace(`/${verdict}/`, '/'));
  assert.deepEqual(bare('err').sort(), bare('ok').sort());
});

test('every rule speaks in some case', () => {
  // What a file on disk can be beside its text is tested in test/config/read-file.test.ts.
  assert.deepEqual(
    RULE_IDS.filter((id) => !spoken.has(id)),
    ['file-readable'],
  );
});
