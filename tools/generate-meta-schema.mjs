// The meta-schema of JSON Schema 2020-12 as a validator that loads in a millisecond (compiling it takes sixty).
// ajv has it in seven files that find each other by $dynamicRef; merged into one that refers to itself, it says the same.
// node tools/generate-meta-schema.mjs          writes src/validate/generated/meta-schema.ts
// node tools/generate-meta-schema.mjs --check  fails when the file is stale
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const { default: Ajv } = require('ajv/dist/2020');
const { default: standaloneCode } = require('ajv/dist/standalone');

const folder = join(dirname(require.resolve('ajv/dist/refs/json-schema-2020-12/schema.json')), 'meta');
const merged = { $id: 'urn:heddle-ts:meta-schema', type: ['object', 'boolean'], properties: {}, $defs: {} };
for (const name of readdirSync(folder).sort()) {
  const { properties, $defs } = JSON.parse(readFileSync(join(folder, name), 'utf8'));
  Object.assign(merged.properties, properties);
  Object.assign(merged.$defs, $defs);
}
const plain = JSON.parse(
  JSON.stringify(merged, (key, value) =>
    key === 'format' || key === '$comment' || key === 'default' ? undefined : value,
  ).replaceAll('"$dynamicRef":"#meta"', '"$ref":"#"'),
);
// Keywords named like annotations are keywords here too.
for (const name of ['format', '$comment', 'default']) plain.properties[name] = merged.properties[name];

const ajv = new Ajv({
  allErrors: true,
  strict: false,
  meta: false,
  logger: false,
  code: { source: true, esm: true, lines: true },
});
let code = standaloneCode(ajv, ajv.compile(plain));
// The one helper that the code asks for; contents of enums and types are JSON, so comparing their text is comparing them.
code = code.replace(
  /const (\w+) = require\("ajv\/dist\/runtime\/equal"\)\.default;/g,
  'const $1 = (a, b) => JSON.stringify(a) === JSON.stringify(b);',
);
if (/\brequire\(/.test(code)) throw new Error('the generated validator needs a helper that is not there');

const text = `// Generated from ajv's copy of the JSON Schema 2020-12 meta-schema by tools/generate-meta-schema.mjs. Do not edit.
// Not type-checked: the generator writes plain JavaScript. Its one reader, meta-schema.ts, gives it types.
// @ts-nocheck
${code
  .replace(/^"use strict";\n?/, '')
  .replace(/export default \w+;\n?/, '')
  .trim()}
`;
const target = fileURLToPath(new URL('../src/validate/generated/meta-schema.ts', import.meta.url));
if (process.argv.includes('--check')) {
  if (readFileSync(target, 'utf8') !== text) {
    console.error('src/validate/generated/meta-schema.ts is stale; run: node tools/generate-meta-schema.mjs');
    process.exit(1);
  }
} else writeFileSync(target, text);
