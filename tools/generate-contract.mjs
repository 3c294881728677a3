// Makes what follows from schemas/v1/*.schema.json: the validators in src/contract/generated and the manifest of digests.
// `--check` writes nothing and fails when a committed file differs. Needs ajv here, so that nothing needs it at run time.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import standalone from 'ajv/dist/standalone/index.js';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const SCHEMAS = 'schemas/v1';
const SUFFIX = '.schema.json';

// A checkout on Windows may hold CRLF: digests and comparisons are over LF.
const read = (file) => readFileSync(file, 'utf8').replaceAll('\r\n', '\n');

const files = readdirSync(SCHEMAS)
  .filter((file) => file.endsWith(SUFFIX))
  .sort();
const sources = new Map(files.map((file) => [file, read(`${SCHEMAS}/${file}`)]));

function manifest() {
  const digest = (text) => createHash('sha256').update(text).digest('hex');
  const schemas = Object.fromEntries([...sources].map(([file, text]) => [file, { sha256: digest(text) }]));
  return `${JSON.stringify({ manifest_version: 1, wire_generation: 'B', schemas }, null, 2)}\n`;
}

/** The code of a validator quotes its schema; what only people read has no place there. */
function withoutProse({ title, description, default: _, properties, ...schema }) {
  if (properties === undefined) return schema;
  const entries = Object.entries(properties).map(([key, inner]) => [key, withoutProse(inner)]);
  return { ...schema, properties: Object.fromEntries(entries) };
}

function validators() {
  // validateFormats off: the standard has `format` as an annotation, and a time that Heddle reads is decided in
  // src/contract/wire-time.ts; with formats on, strict mode would demand them here.
  const ajv = new Ajv2020({
    strict: true,
    allowUnionTypes: true,
    allErrors: true,
    validateFormats: false,
    code: { source: true, esm: true, lines: true },
  });
  const exported = {};
  for (const [file, text] of sources) {
    const schema = JSON.parse(text);
    ajv.addSchema(withoutProse(schema));
    exported[file.slice(0, -SUFFIX.length)] = schema.$id;
  }
  const code = (standalone.default ?? standalone)(ajv, exported);
  if (/\brequire\(|\bimport\b/.test(code)) {
    throw new Error(
      'a validator asks for a package at run time: avoid the keyword that brought it (lengths, uniqueItems)',
    );
  }
  return [
    '// Generated from schemas/v1 by tools/generate-contract.mjs. Do not edit: change a schema, then run the generator.',
    '// Not type-checked: the generator writes plain JavaScript. Its one reader, schema-verdict.ts, gives it types.',
    '// @ts-nocheck',
    code.replace(/^"use strict";\s*/, ''),
    '',
  ].join('\n');
}

const outputs = new Map([
  [`${SCHEMAS}/manifest.json`, manifest()],
  ['src/contract/generated/schema-validators.ts', validators()],
]);

const current = (file) => {
  try {
    return read(file);
  } catch {
    return undefined;
  }
};

const stale = [...outputs].filter(([file, text]) => current(file) !== text);
if (process.argv.includes('--check')) {
  for (const [file] of stale) console.error(`${file} does not match schemas/v1: run node tools/generate-contract.mjs`);
  process.exitCode = stale.length > 0 ? 1 : 0;
} else {
  for (const [file, text] of stale) writeFileSync(file, text);
  console.log(stale.length > 0 ? `wrote ${stale.map(([file]) => file).join(', ')}` : 'nothing to do');
}
