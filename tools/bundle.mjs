// The command line as a bundle: one small entry, every command a chunk of its own, so that a cold start reads little.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
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

/** Where the engine of the NATS client is: a dependency of the client, found from where the client stands. */
const natsCore = dirname(createRequire(createRequire(import.meta.url).resolve('nats')).resolve('@nats-io/nats-core'));

/**
 * Of the NATS client the CLI takes what src/transport/nats-client.ts names, from the files that hold it. Its entry would
 * bring all the rest: WebSockets, a bench, and an Ed25519 of its own (nkeys, tweetnacl) for authenticators that we do not
 * use: ours sign with node:crypto, and only when there is something to sign. Together 9 ms of every start that talks to
 * a bus. A name that is not in the list fails the build.
 */
const ENGINE = {
  core: ['createInbox'],
  errors: ['PermissionViolationError'],
  headers: ['headers'],
  parser: ['Parser'],
  protocol: ['ProtocolHandler', 'SubscriptionImpl'],
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
      return 'const no = () => { throw new Error("nkeys are signed in src/transport/nats-nkey.ts"); }; export { no as fromSeed, no as encode };';
    }
    if (id !== '\0nats-engine') return null;
    return Object.entries(ENGINE)
      .map(([file, names]) => `export { ${names.join(', ')} } from ${JSON.stringify(join(natsCore, `${file}.js`))};`)
      .join('\n');
  },
};

/**
 * What a command that talks to the bus needs as a whole is one file, not twenty: each file costs a cold start 0.7 ms, however
 * small it is. Nothing here imports a package, and `--version` and `--help` load none of it.
 */
const TOGETHER = [
  { name: 'errors', test: /[\\/]src[\\/]errors\.ts$/, priority: 1 },
  { name: 'settings', test: /[\\/]src[\\/]cli[\\/](settings[\\/](?!flags|dotenv-file)|expected-configs)/ },
  {
    name: 'bus',
    // Not what is loaded by itself: a look at a server, and keys, which need node:crypto.
    test: /[\\/]src[\\/]transport[\\/](nats(?!-probe|-nkey|-version)|redact|requests|subject-guard|header-guard)|[\\/]nats-core[\\/]/,
  },
  { name: 'map', test: /[\\/]src[\\/](topology[\\/](?!read-monitor)|contract[\\/](subject|messages)|config[\\/]node)/ },
  { name: 'text', test: /[\\/]src[\\/](suggest|cli[\\/](disarm|width|symbols|table|output[\\/]wrap))\.ts$/ },
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
    plugins: [withoutChildProcess, onlyTheEngine],
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
