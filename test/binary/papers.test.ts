import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { readText } from '../../src/config/document.ts';
import { toPlain } from '../../src/config/plain.ts';
import { inProject } from '../helpers/root.ts';

// What lies beside a binary, made from what would be inside, without making one.

interface Package {
  readonly name: string;
  readonly version: string;
  readonly integrity: string;
  readonly licence: string;
}
interface Component {
  readonly type: string;
  readonly group?: string;
  readonly name: string;
  readonly purl: string;
  readonly hashes?: readonly { content: string }[];
}

const tool = async (name: string): Promise<unknown> => await import(pathToFileURL(inProject('tools', name)).href);
const { sbom } = (await tool('binary/sbom.mjs')) as {
  sbom(product: unknown, packages: readonly Package[], runtimes: readonly Package[]): { components: Component[] };
};
const { packagesOf } = (await tool('binary/inside.mjs')) as { packagesOf(modules: readonly string[]): Package[] };
const { licences } = (await tool('binary/licences.mjs')) as {
  licences(packages: readonly Package[], bun: string): string;
};
const { formula } = (await tool('binary/formula.mjs')) as {
  formula(product: unknown, base: string, sums: string): string;
};
const { TARGETS, fileOf } = (await tool('binary/targets.mjs')) as {
  TARGETS: Record<string, { runtime: string }>;
  fileOf(target: string): string;
};
const BUN = JSON.parse(readFileSync(inProject('tools', 'binary', 'bun.json'), 'utf8')) as {
  version: string;
  integrity: Record<string, string>;
};
const PRODUCT = JSON.parse(readFileSync(inProject('package.json'), 'utf8')) as { version: string };

// As a bundler names them: ours, one in a scope, an alias, one below another package, and what plugins made.
const modules = [
  inProject('src', 'cli', 'main.ts'),
  inProject('node_modules', 'ajv', 'dist', '2020.js'),
  `\0${inProject('node_modules', 'ajv', 'dist', 'core.js')}?commonjs`,
  inProject('node_modules', '@nats-io', 'nats-core', 'lib', 'parser.js'),
  inProject('node_modules', 'nats', 'lib', 'version.js'),
  '\0nats-engine',
  '\0builtin:fs',
];

test('every runtime that a target needs is pinned, and no other', () => {
  const needed = Object.values(TARGETS).map(({ runtime }) => runtime);
  assert.deepEqual(Object.keys(BUN.integrity).sort(), needed.sort());
  for (const pinned of Object.values(BUN.integrity)) {
    assert.match(pinned, /^sha512-[A-Za-z0-9+/]{86}==$/);
  }
});

test('what is inside is named with its version and its checksum as the lockfile has them', () => {
  const inside = packagesOf(modules);
  assert.deepEqual(
    inside.map(({ name }) => name),
    ['@nats-io/nats-core', '@nats-io/transport-node', 'ajv'],
  );
  const locked = JSON.parse(readFileSync(inProject('package-lock.json'), 'utf8')) as {
    packages: Record<string, Partial<Package>>;
  };
  for (const { name, version, integrity } of inside) {
    const folder = name === '@nats-io/transport-node' ? 'nats' : name;
    const entry = locked.packages[`node_modules/${folder}`];
    assert.deepEqual({ version, integrity }, { version: entry?.version, integrity: entry?.integrity });
  }
  assert.throws(() => packagesOf([inProject('node_modules', 'nowhere', 'index.js')]), /not in package-lock\.json/);
});

test('the bill of materials is CycloneDX, the same for the same contents', () => {
  const runtime = { name: '@oven/bun-linux-x64', version: BUN.version, licence: 'MIT' };
  const runtimes = [{ ...runtime, integrity: BUN.integrity['@oven/bun-linux-x64'] ?? '' }];
  const made = sbom(PRODUCT, packagesOf(modules), runtimes);
  const schema = JSON.parse(readFileSync(inProject('test', 'binary', 'cyclonedx.schema.json'), 'utf8')) as object;
  const check = new Ajv2020({ strict: true, allErrors: true }).compile(schema);
  assert.equal(check(made), true, JSON.stringify(check.errors, undefined, 1));
  assert.deepEqual(sbom(PRODUCT, packagesOf(modules), runtimes), made);
  const core = made.components.find(({ name }) => name === 'nats-core');
  assert.equal(core?.group, '@nats-io');
  assert.match(core.purl, /^pkg:npm\/%40nats-io\/nats-core@3\./);
  assert.deepEqual(
    made.components.map(({ type }) => type),
    ['library', 'library', 'library', 'platform'],
  );
  const [integrity = ''] = packagesOf(modules).map((each) => each.integrity);
  assert.equal(core.hashes?.[0]?.content, Buffer.from(integrity.replace('sha512-', ''), 'base64').toString('hex'));
});

test('every package brings its licence, and what Bun links is named', () => {
  const text = licences(packagesOf(modules), BUN.version);
  for (const { name, version } of packagesOf(modules)) assert.ok(text.includes(`${name} ${version}\n`), name);
  assert.doesNotMatch(text, /brings no text/);
  assert.match(text, /The MIT License[\s\S]*Copyright \(c\) 2015-2021 Evgeny Poberezkin/);
  assert.match(text, /Apache License\s+Version 2\.0/);
  assert.match(text, /JavaScriptCore and WebKit +LGPL 2\n/);
});

test('the formula names each binary with its own checksum, and is not made while one is missing', () => {
  const base = 'https://example.test/heddle-ts/releases/download/v1';
  const sums = Object.keys(TARGETS).map((target, at) => `${String(at).repeat(64)}  ${fileOf(target)}\n`);
  const text = formula(PRODUCT, base, sums.join(''));
  const found = [...text.matchAll(/url "(.*)"\n +sha256 "(\d)\2{63}"/g)].map(([, url, digit]) => [url, Number(digit)]);
  assert.deepEqual(
    found,
    ['darwin-arm64', 'darwin-x64', 'linux-arm64', 'linux-x64'].map((target) => [
      `${base}/heddle-ts-${target}`,
      Object.keys(TARGETS).indexOf(target),
    ]),
  );
  assert.ok(text.includes(`version "${PRODUCT.version}"`));
  assert.throws(() => formula(PRODUCT, base, sums.slice(1).join('')), /heddle-ts-linux-x64 is not in SHA256SUMS/);
});

test('the release runs every step that it names from files that are there', () => {
  const file = join('.github', 'workflows', 'release.yml');
  const document = readText(file, readFileSync(inProject(file), 'utf8'));
  assert.deepEqual(document.problems, []);
  const { jobs } = toPlain(document.root ?? assert.fail()) as {
    jobs: Record<string, { needs?: string | string[]; steps: { run?: string }[] }>;
  };
  const scripts = (JSON.parse(readFileSync(inProject('package.json'), 'utf8')) as { scripts: Record<string, string> })
    .scripts;
  const lines = Object.values(jobs).flatMap(({ steps }) => steps.map(({ run = '' }) => run));
  for (const [, path = ''] of lines.join('\n').matchAll(/node (tools\/\S+)/g)) readFileSync(inProject(path));
  for (const [, name = ''] of lines.join('\n').matchAll(/npm run (\S+)/g)) assert.ok(name in scripts, name);
  // Nothing is published that did not run.
  for (const job of ['npm', 'image']) assert.deepEqual(jobs[job]?.needs, ['run', 'run-musl']);
});
