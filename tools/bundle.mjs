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
 * What a command that talks to the bus needs as a whole is one file, not twenty: each file costs a cold start 0.7 ms, however
 * small it is. Nothing here imports a package, and `--version` and `--help` load none of it.
 */
const TOGETHER = [
  { name: 'errors', test: /[\\/]src[\\/]errors\.ts$/, priority: 1 },
  { name: 'settings', test: /[\\/]src[\\/]cli[\\/](settings[\\/](?!flags|dotenv-file)|expected-configs)/ },
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
    plugins: [withoutChildProcess],
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
