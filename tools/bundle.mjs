// The command line as a bundle: one small entry, every command a chunk of its own, so that a cold start reads little.
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

/**
 * Commander loads child_process for subcommands that are separate programs. We have none, and the module costs 2 ms of
 * every start.
 */
const withoutChildProcess = {
  name: 'commander-without-child-process',
  resolveId(source, importer) {
    if (!/^(node:)?child_process$/.test(source) || !/[\\/]commander[\\/]/.test(importer ?? '')) return null;
    return '\0no-child-process';
  },
  load(id) {
    if (id !== '\0no-child-process') return null;
    return 'export const spawn = () => { throw new Error("heddle-ts has no external subcommands"); }; export default { spawn };';
  },
};

/**
 * The client's engine brings a library for nkeys, 60 KB and a module of Node's that are read at every start. Our transport
 * signs with node:crypto and hands the engine the finished fields, so nothing of it is ever called.
 */
const withoutNkeys = {
  name: 'nats-without-nkeys',
  resolveId: (source) => (source === '@nats-io/nkeys' ? '\0no-nkeys' : null),
  load(id) {
    if (id !== '\0no-nkeys') return null;
    const absent = '() => { throw new Error("nkeys of the NATS client are not part of the bundle"); }';
    return `export const fromSeed = ${absent}, createUser = ${absent}, encode = ${absent}, decode = ${absent};`;
  },
};

/**
 * What a command that talks to the bus needs as a whole is one file, not twenty: each file costs a cold start 0.7 ms, however
 * small it is. Nothing here imports a package, and `--version` and `--help` load none of it.
 */
const TOGETHER = [
  // A group takes along what its files import, unless another with a higher priority has it.
  {
    name: 'ground',
    test: /[\\/]src[\\/](errors|suggest|version|contract[\\/]subject-grammar|cli[\\/](exit|output-format))\.ts$/,
    priority: 5,
  },
  {
    name: 'text',
    test: /[\\/]src[\\/]cli[\\/](disarm|width|symbols|table|output[\\/]wrap|settings[\\/]duration)\.ts$/,
    priority: 4,
  },
  { name: 'wire', test: /[\\/]src[\\/]contract[\\/](?!generated|schema-verdict|index)[\w-]+\.ts$/, priority: 3 },
  { name: 'bus', test: /[\\/]src[\\/]transport[\\/](?!memory|nats-version)[\w-]+\.ts$/, priority: 2 },
  { name: 'map', test: /[\\/]src[\\/]topology[\\/](?!read-monitor)/, priority: 1 },
  {
    name: 'settings',
    test: /[\\/]src[\\/]cli[\\/](settings[\\/](?!flags|dotenv-file|size|rate)|expected-configs)/,
    priority: 1,
  },
  // Reading a config, and judging it: two files for what would be ten.
  { name: 'configs', test: /[\\/]src[\\/]config[\\/]|[\\/]node_modules[\\/]yaml[\\/]/, priority: 2 },
  {
    name: 'judge',
    test: /[\\/]src[\\/](validate[\\/](?!payload|messages|explain|compat)|cli[\\/](commands[\\/]validate|validate[\\/](run-files|documents|choices|input|words|formats[\\/](human|list|names))))/,
    priority: 0,
  },
  {
    name: 'send',
    test: /[\\/]src[\\/](submit[\\/](heard|shared-flush|send-once|missing|receipt|task-draft|goal-draft|payload[\\/][\w-]+)|cli[\\/](submit[\\/](request|one|job|prepare|drafts|read-input)|commands[\\/]submit|output[\\/]submit[\\/](list|human-message)))\.ts$/,
  },
];

const yamlModules = fileURLToPath(new URL('../node_modules/yaml/browser/dist/index.js', import.meta.url));

export async function build() {
  const bundle = await rolldown({
    input: { main: 'src/cli/main.ts' },
    platform: 'node',
    logLevel: 'warn',
    checks: { eval: false },
    // The same code of the package as modules: what the CLI does not use is left out, and reading it costs less at every start.
    resolve: { alias: { yaml: yamlModules } },
    plugins: [withoutNkeys, withoutChildProcess],
  });
  await bundle.write({
    dir: 'dist/cli',
    format: 'esm',
    minify: { mangle: false, compress: true, codegen: { removeWhitespace: true } },
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
    codeSplitting: { groups: TOGETHER },
  });
  await bundle.close();
}
