// The command line as a bundle, split so that a start reads what it runs and little else. Which modules a start runs is
// measured here (tools/measure-load.mjs), and the files are made from that (tools/chunks.mjs).
import { rmSync, writeFileSync } from 'node:fs';
import { builtinModules, createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { chunksOf } from './chunks.mjs';
import { measureLoad, recordLoad } from './measure-load.mjs';

const MEASURED = 'dist/.measured';

export async function build() {
  const modules = new Map();
  await bundle(MEASURED, { plugins: [recordLoad, graphInto(modules)] });
  const load = await measureLoad(MEASURED);
  rmSync(MEASURED, { recursive: true, force: true });
  await bundle('dist/cli', { chunks: chunksOf(load, modules) });
}

/** Optional packages: found where the user installed them, or said to be missing. */
const OPTIONAL = ['cborg', 'graphql', 'mqtt'];

/** Answers which modules stand in it, by their ids. `chunks`: module to the name of its file; else a file for what each lazy import brings. */
export async function bundle(dir, { plugins = [], chunks, external = OPTIONAL } = {}) {
  const made = await rolldown({
    input: { main: 'src/cli/main.ts' },
    platform: 'node',
    external,
    logLevel: 'warn',
    // What one file of the bundle exports for another is nobody else's business.
    preserveEntrySignatures: 'allow-extension',
    checks: { eval: false, ineffectiveDynamicImport: false },
    // The same code of the package as modules: what the CLI does not use is left out, and reading it costs less at every start.
    resolve: { alias: { yaml: fileURLToPath(new URL('../node_modules/yaml/browser/dist/index.js', import.meta.url)) } },
    // Looking up a name changes nothing: a function of Node's that is not used is not looked up.
    treeshake: { propertyReadSideEffects: false },
    plugins: [onlyTheEngine, builtinsOfTheProcess, ...plugins],
  });
  const { output } = await made.write({
    dir,
    // Node reads CommonJS at once and from its own process; a graph of modules costs 3 to 4 ms more at every start.
    format: 'cjs',
    strict: true,
    minify: { mangle: { keepNames: true }, compress: true, codegen: { removeWhitespace: true } },
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
    codeSplitting:
      chunks === undefined
        ? true
        : {
            includeDependenciesRecursively: false,
            groups: [{ debugName: 'by start', name: (id) => chunks.get(id) ?? null }],
          },
  });
  await made.close();
  writeFileSync(`${dir}/package.json`, '{ "type": "commonjs" }\n');
  return output.flatMap(({ modules = {} }) => Object.keys(modules).filter((id) => modules[id].renderedLength > 0));
}

/** Of each module how large it is and what it imports for its start. */
function graphInto(modules) {
  return {
    name: 'graph',
    moduleParsed: ({ id, code, importedIds }) => {
      modules.set(id, { bytes: code?.length ?? 0, imports: importedIds });
    },
  };
}

/** Where the engine of the NATS client is: a dependency of the client, found from where the client stands. */
const natsCore = dirname(createRequire(createRequire(import.meta.url).resolve('nats')).resolve('@nats-io/nats-core'));

/**
 * Of the NATS client the CLI takes what src/transport/nats/client.ts names, from the files that hold it. Its entry would
 * bring all the rest: WebSockets, a bench, and an Ed25519 of its own (nkeys, tweetnacl) for authenticators that we do not
 * use: ours sign with node:crypto, and only when there is something to sign. Together 9 ms of every start that talks to
 * a bus. A name that is not in the list fails the build.
 */
const ENGINE = {
  errors: ['NoRespondersError', 'PermissionViolationError', 'RequestError', 'TimeoutError'],
  headers: ['headers', 'MsgHdrsImpl'],
  parser: ['Parser'],
  protocol: ['ProtocolHandler', 'SubscriptionImpl'],
  queued_iterator: ['QueuedIteratorImpl'],
  semver: ['Features', 'parseSemVer'],
  transport: ['setTransportFactory'],
};
const onlyTheEngine = {
  name: 'nats-only-the-engine',
  resolveId(source) {
    if (source === 'nats/lib/nats-base-client.js') return '\0nats-engine';
    return source === '@nats-io/nkeys' ? '\0no-nkeys' : null;
  },
  load(id) {
    if (id === '\0no-nkeys') {
      return 'const no = () => { throw new Error("nkeys are signed in src/transport/nats/nkey.ts"); }; export { no as fromSeed, no as encode };';
    }
    if (id !== '\0nats-engine') return null;
    return Object.entries(ENGINE)
      .map(([file, names]) => `export { ${names.join(', ')} } from ${JSON.stringify(join(natsCore, `${file}.js`))};`)
      .join('\n');
  },
};

/**
 * Importing node:fs as a module makes Node read every export of it, and with that load its streams: 3 ms of a start for
 * commands that use none. Asked of the process, a built-in module gives what is named and loads no more. Commander asks
 * for child_process, for subcommands that are separate programs: we have none, and the module costs 2 ms.
 */
const builtinsOfTheProcess = {
  name: 'builtins-of-the-process',
  resolveId(source, importer, { kind }) {
    const name = source.replace('node:', '');
    if (!builtinModules.includes(name)) return null;
    if (kind !== 'require-call') return `\0builtin:${name}`;
    return name === 'child_process' && importer?.includes('commander') ? '\0no-programs' : `\0required:${name}`;
  },
  load(id) {
    if (id === '\0no-programs')
      return 'module.exports = { spawn() { throw new Error("heddle-ts has no external subcommands"); } };';
    const [kind, name] = id.split(':');
    const source = `globalThis.process.getBuiltinModule(${JSON.stringify(`node:${name}`)})`;
    if (kind === '\0required') return `module.exports = ${source};`;
    if (kind !== '\0builtin') return null;
    const names = Object.keys(process.getBuiltinModule(`node:${name}`)).filter(
      (each) => /^[A-Za-z_$][\w$]*$/.test(each) && each !== 'default',
    );
    return [
      `const all = ${source};`,
      'export default all;',
      ...names.map((each, at) => `const _${at} = all.${each}; export { _${at} as ${each} };`),
    ].join('\n');
  },
};
