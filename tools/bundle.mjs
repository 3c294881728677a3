// The command line as a bundle: one small entry, every command a chunk of its own, so that a cold start reads little.
import { builtinModules, createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

/**
 * Commander loads child_process for subcommands that are separate programs. We have none, and the module costs 2 ms of
 * every start.
 */
const withoutChildProcess = {
  name: 'commander-without-child-process',
  transform(code, id) {
    if (!/[\\/]commander[\\/]lib[\\/]command\.js$/.test(id)) return null;
    const absent = '{ spawn() { throw new Error("heddle-ts has no external subcommands"); } }';
    return code.replace(/require\((['"])node:child_process\1\)/, absent);
  },
};

/** Where the engine of the NATS client is: a dependency of the client, found from where the client stands. */
const natsCore = dirname(createRequire(createRequire(import.meta.url).resolve('nats')).resolve('@nats-io/nats-core'));

/**
 * Of the NATS client the CLI takes what src/transport/nats/client.ts names, from the files that hold it. Its entry would
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
      return 'const no = () => { throw new Error("nkeys are signed in src/transport/nats/nkey.ts"); }; export { no as fromSeed, no as encode };';
    }
    if (id !== '\0nats-engine') return null;
    return Object.entries(ENGINE)
      .map(([file, names]) => `export { ${names.join(', ')} } from ${JSON.stringify(join(natsCore, `${file}.js`))};`)
      .join('\n');
  },
};

/**
 * Packages in CommonJS ask for Node's modules through a `require` made by node:module, which brings streams and source
 * maps along. Asking the process directly costs nothing.
 */
const builtinsFromProcess = {
  name: 'builtins-from-process',
  transform(code, id) {
    if (!/[\\/]node_modules[\\/].*\.c?js$/.test(id) || !code.includes('require(')) return null;
    return code.replaceAll(/\brequire\((['"])(?:node:)?([a-z_/]+)\1\)/g, (whole, _quote, name) =>
      builtinModules.includes(name) ? `globalThis.process.getBuiltinModule('node:${name}')` : whole,
    );
  },
};

/**
 * Importing node:fs as a module makes Node read every export of it, and with that load its streams: 3 ms of a start for
 * commands that use none. Asked of the process, a built-in module gives what is named and loads no more.
 */
const builtinsWithoutImport = {
  name: 'builtins-without-import',
  renderChunk: (code) =>
    code.replaceAll(
      /^import\s+(?:\* as ([\w$]+)|([\w$]+)|(?:([\w$]+)\s*,\s*)?\{([^}]*)\})\s+from\s+["'](node:[a-z_/]+)["'];?$/gm,
      (_whole, star, only, first, names, builtin) => {
        const source = `globalThis.process.getBuiltinModule("${builtin}")`;
        const whole = [star, only, first].filter(Boolean).map((name) => `const ${name} = ${source};`);
        const parts =
          names === undefined ? [] : [`const {${names.replaceAll(/([\w$]+)\s+as\s+/g, '$1: ')}} = ${source};`];
        return [...whole, ...parts].join(' ');
      },
    ),
};

/** What every command needs before it knows what to do: Commander, the session, words and widths. */
const FRAME =
  /[\\/]node_modules[\\/]commander[\\/]|[\\/]src[\\/](suggest|cli[\\/](output-format|open-session|program|talk|signals|screen[\\/][\w-]+|commands[\\/]list|settings[\\/](flags|duration)))\.ts$/;

/**
 * What a command that talks to the bus needs as a whole is one file, not twenty: each file costs a cold start 0.7 ms, however
 * small it is. Nothing here imports a package, and `--version` and `--help` load none of it.
 */
const TOGETHER = [
  // A group takes along what its files import, unless another with a higher priority has it.
  { name: 'ground', test: /[\\/]src[\\/](errors|version|cli[\\/](exit|sink|io))\.ts$/, priority: 9 },
  { name: 'frame', test: FRAME, priority: 8 },
  { name: 'wire', test: /[\\/]src[\\/]contract[\\/](?!generated|schema-verdict|index|ids)[\w-]+\.ts$/, priority: 3 },
  // One who looks at the clock looks at both.
  { name: 'clock', test: /[\\/]src[\\/](system-)?clock\.ts$/, priority: 3 },
  {
    name: 'bus',
    test: /[\\/]src[\\/](http[\\/]prometheus|transport[\\/](?!memory|nats[\\/](version|probe|nkey))(nats[\\/])?[\w-]+|cli[\\/]settings[\\/](?!dotenv-file|size|rate)[\w-]+)\.ts$/,
    priority: 2,
  },
  { name: 'configs', test: /[\\/]src[\\/]config[\\/](?!json-schema)|[\\/]node_modules[\\/]yaml[\\/]/, priority: 2 },
  { name: 'map', test: /[\\/]src[\\/]topology[\\/](?!read-monitor)/, priority: 1 },
  {
    name: 'judge',
    test: /[\\/]src[\\/](validate[\\/](?!payload|messages|explain|compat)|cli[\\/](commands[\\/]validate|validate[\\/](run-files|documents|choices|input|words)|output[\\/]validate[\\/](human|list|names)))/,
  },
  {
    name: 'send',
    test: /[\\/]src[\\/](submit[\\/](heard|shared-flush|send-once|missing|receipt|task-draft|goal-draft|payload[\\/][\w-]+)|cli[\\/](submit[\\/](request|one|job|prepare|drafts|read-input)|commands[\\/]submit|output[\\/]submit[\\/](list|human-message)))\.ts$/,
  },
  {
    name: 'follow',
    test: /[\\/]src[\\/](tail[\\/](tail|ending|condition|path|pattern|facts|filter|raw-queue|tally|histogram|envelope|follow|gap-watch|lost-at-cut|subjects)|cli[\\/](commands[\\/]tail|tail[\\/](run|request|output|news)|output[\\/]tail[\\/](list|human|body|pretty-json|own-text|time-of-day|renderer)))\.ts$/,
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
    plugins: [onlyTheEngine, withoutChildProcess, builtinsFromProcess, builtinsWithoutImport],
  });
  await bundle.write({
    dir: 'dist/cli',
    format: 'esm',
    minify: { mangle: { keepNames: true }, compress: true, codegen: { removeWhitespace: true } },
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
    codeSplitting: { groups: TOGETHER },
  });
  await bundle.close();
}
