// The command line as a bundle: one small entry, every command a chunk of its own, so that a cold start reads little.
import { rolldown } from 'rolldown';

export async function build() {
  const bundle = await rolldown({
    input: { main: 'src/cli/main.ts' },
    platform: 'node',
    logLevel: 'warn',
    checks: { eval: false },
  });
  await bundle.write({
    dir: 'dist/cli',
    format: 'esm',
    minify: { mangle: false, compress: true, codegen: { removeWhitespace: true } },
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
  });
  await bundle.close();
}
