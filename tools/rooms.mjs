// The table of rooms: who may import whom. test/architecture.test.ts holds the code to it, and `npm run check` holds the
// lint fences in biome.json to it (`node tools/rooms.mjs --write` renews them).
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './run.mjs';

/** Rooms that every other room may stand on, as on the files directly in src; they import none of the others. */
export const GROUND = ['time'];

const BELOW_FEATURES = ['delivery', 'topology', 'store', 'transport', 'config', 'contract'];

/** A room imports itself, the rooms named here, and the ground. */
export const ROOMS = {
  time: [],
  contract: [],
  config: ['contract'],
  transport: ['contract'],
  broker: ['transport', 'contract'],
  store: ['transport', 'contract'],
  http: ['contract'],
  child: ['contract'],
  topology: ['store', 'transport', 'config', 'contract'],
  delivery: ['topology', 'transport', 'contract'],
  letters: ['topology', 'store', 'http', 'transport', 'contract'],
  validate: BELOW_FEATURES,
  preflight: ['letters', 'http', ...BELOW_FEATURES],
  submit: BELOW_FEATURES,
  tail: BELOW_FEATURES,
  deadletter: ['letters', ...BELOW_FEATURES],
  worker: ['http', 'child', ...BELOW_FEATURES],
  router: BELOW_FEATURES,
  gateway: ['deadletter', 'letters', 'http', 'child', ...BELOW_FEATURES],
  // A live view of what these two know, and not a third idea of it.
  top: ['tail', 'deadletter', 'letters', ...BELOW_FEATURES],
  dev: ['worker', 'router', 'broker', 'child', ...BELOW_FEATURES],
  cli: [
    'dev',
    'validate',
    'preflight',
    'submit',
    'tail',
    'deadletter',
    'letters',
    'worker',
    'router',
    'gateway',
    'top',
    'broker',
    'child',
    ...BELOW_FEATURES,
  ],
};

/** A package and the only files that may name it. */
export const HOMES = {
  nats: ['src/transport/nats/**'],
  '@nats-io/jetstream': ['src/store/jetstream/**'],
  '@nats-io/kv': ['src/store/jetstream/**'],
  yaml: ['src/config/document.ts'],
  chalk: ['src/cli/screen/style.ts'],
  ora: ['src/cli/screen/spinner.ts'],
  dotenv: ['src/cli/settings/dotenv-file.ts'],
  commander: ['src/cli/**'],
  graphql: ['src/gateway/noetl/graphql.ts'],
  mqtt: ['src/gateway/mqtt/package.ts'],
  cborg: ['src/gateway/mqtt/cbor.ts'],
  ajv: ['src/validate/**', 'src/config/**'],
};

export function lintFences() {
  return Object.entries(ROOMS).map(([room, allowed]) => {
    const may = [room, ...allowed, ...GROUND];
    const forbidden = Object.keys(ROOMS).filter((other) => !may.includes(other));
    return {
      includes: [`src/${room}/**`],
      linter: {
        rules: {
          style: {
            noRestrictedImports: {
              level: 'error',
              options: {
                patterns: [
                  {
                    group: forbidden.map((other) => `**/${other}/**`),
                    message: `src/${room} may import only: ${['itself', ...allowed].join(', ')} (tools/rooms.mjs).`,
                  },
                ],
              },
            },
          },
        },
      },
    };
  });
}

const file = fileURLToPath(new URL('../biome.json', import.meta.url));
const isFence = (override) => override.linter?.rules?.style?.noRestrictedImports !== undefined;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const config = JSON.parse(readFileSync(file, 'utf8'));
  const fences = lintFences();
  const standing = (config.overrides ?? []).filter(isFence);
  if (process.argv.includes('--write')) {
    config.overrides = [...(config.overrides ?? []).filter((each) => !isFence(each)), ...fences];
    writeFileSync(file, `${JSON.stringify(config, null, 2)}\n`);
    run('node', ['node_modules/@biomejs/biome/bin/biome', 'format', '--write', 'biome.json'], { cwd: dirname(file) });
  } else if (JSON.stringify(standing) !== JSON.stringify(fences)) {
    console.error('biome.json: the lint fences differ from tools/rooms.mjs; run: node tools/rooms.mjs --write');
    process.exit(1);
  }
}
