import type { WorldName } from './worlds.ts';

/** How a page of docs/ (or README.md) stays true. */
export interface Page {
  /** Its ```console blocks are run in this world, unless a block names another with `bus=`. */
  readonly world?: WorldName;
  /** Where what it shows is run, made or held to the program; these files name the page. */
  readonly held?: readonly string[];
  /** Nothing on it can be run. */
  readonly words?: true;
  /** The page shows what goes to stderr as well. */
  readonly talk?: true;
}

export const PAGES: Readonly<Record<string, Page>> = {
  'README.md': { world: 'dev' },
  'docs/README.md': { words: true },
  'docs/architecture.md': { words: true },
  'docs/benchmarks.md': { held: ['tools/bench.mjs'] },
  'docs/checks.md': { held: ['test/preflight/docs.test.ts', 'test/preflight/faults.test.ts'] },
  'docs/ci.md': { held: ['test/docs/ci.test.ts'] },
  'docs/commands.md': { world: 'dev', held: ['tools/generate-readme.mjs'] },
  'docs/compatibility.md': { held: ['test/interop/fuzz.test.ts'] },
  'docs/dead-letter.md': { world: 'keeping', held: ['test/docs/lists.test.ts'] },
  'docs/dependencies.md': { words: true },
  'docs/dev.md': { world: 'empty' },
  'docs/diagnosis.md': { held: ['test/interop/diagnosis.test.ts'] },
  'docs/gateway.md': { held: ['tools/generate-gateway-doc.mjs', 'test/docs/lists.test.ts'] },
  'docs/getting-started.md': { held: ['test/docs/getting-started.test.ts'] },
  'docs/heddle-versions.md': { words: true },
  'docs/http-workers.md': { held: ['test/docs/lists.test.ts'] },
  'docs/install.md': { held: ['tools/binary.mjs'] },
  'docs/kubernetes.md': { held: ['test/preflight/docs.test.ts', 'test/docs/deploy.test.ts'] },
  'docs/mistakes.md': { held: ['test/docs/mistakes.test.ts'] },
  'docs/mqtt.md': { held: ['test/docs/lists.test.ts'] },
  'docs/preflight.md': { world: 'dev' },
  'docs/reliability.md': { held: ['test/faults/matrix.test.ts'] },
  'docs/router.md': { held: ['test/docs/router.test.ts'] },
  'docs/rules.md': { held: ['tools/generate-rules-doc.mjs'] },
  'docs/runbook.md': { held: ['test/preflight/docs.test.ts'] },
  'docs/sdk.md': { held: ['tools/generate-sdk-doc.mjs', 'test/docs/programs.test.ts'] },
  'docs/security.md': { world: 'configs', held: ['test/docs/security.test.ts', 'test/cli/settings/mixing.test.ts'] },
  'docs/status.md': { world: 'dev' },
  'docs/submit.md': { world: 'echoing', talk: true },
  'docs/tail.md': { world: 'recorded', held: ['test/docs/lists.test.ts'] },
  'docs/top.md': { held: ['test/docs/top.test.ts'] },
  'docs/validate.md': { world: 'configs' },
  'docs/worker.md': { held: ['test/docs/lists.test.ts', 'test/docs/programs.test.ts'] },
};
