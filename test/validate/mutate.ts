import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inProject } from '../helpers/root.ts';

// Configs broken at random, the same for the same seed.

const PIECES = [
  ...[
    'yes',
    'no',
    'null',
    '~',
    '12:30:45',
    '010',
    '1e3',
    '.nan',
    '.inf',
    '2026-04-29',
    '2026-13-01',
    '=',
    '<<: *a',
    '&a ',
    '*a',
  ],
  ...[
    '!foo ',
    '!!str ',
    '!!set ',
    '!!binary ',
    '\t',
    ': ',
    '- ',
    '? ',
    '#',
    '\n',
    '\n  ',
    '\r',
    '\x85',
    '\u2028',
    '"',
    "'",
    '|',
    '>',
  ],
  ...[
    '[',
    ']',
    '{',
    '}',
    ',',
    '[a, b]',
    '{a: 1}',
    '---\n',
    '...\n',
    '\0',
    '\x07',
    '\ufeff',
    '\ud800',
    'é',
    '😀',
    '__proto__: 1\n',
  ],
  ...[
    'name: ',
    'type: ',
    'required: ',
    'properties: ',
    'tier: ',
    'goal',
    'pipeline_stages:\n',
    '[[[[[[[[',
    '&a [*a]',
    '*',
    '%YAML 2.0\n',
  ],
];

/** So many configs, each with `least` to `most` changes. */
export function* mutatedConfigs(seed: number, count: number, least: number, most: number): Generator<Buffer> {
  const seeds = seedFiles();
  const random = generator(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  for (let at = 0; at < count; at++) {
    let bytes = pick(seeds);
    const changes = least === most ? most : least + Math.floor(random() * (most - least + 1));
    for (let times = changes; times > 0; times--) bytes = mutate(bytes, random, pick);
    yield bytes;
  }
}

function seedFiles(): Buffer[] {
  const roots = [inProject('configs'), inProject('test', 'validate', 'cases')];
  return roots.flatMap((root) =>
    readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.yaml'))
      .map((entry) => readFileSync(join(entry.parentPath, entry.name))),
  );
}

function mutate(bytes: Buffer, random: () => number, pick: <T>(list: readonly T[]) => T): Buffer {
  const at = Math.floor(random() * (bytes.length + 1));
  const kind = random();
  const rest = bytes.subarray(at);
  if (kind < 0.5) return Buffer.concat([bytes.subarray(0, at), Buffer.from(pick(PIECES)), rest]);
  if (kind < 0.7) return Buffer.concat([bytes.subarray(0, at), rest.subarray(1 + Math.floor(random() * 8))]);
  if (kind < 0.8) return Buffer.concat([bytes.subarray(0, at), Buffer.from([Math.floor(random() * 256)]), rest]);
  if (kind < 0.95)
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.floor(random() * bytes.length)), rest]).subarray(
      0,
      20_000,
    );
  return Buffer.concat([bytes.subarray(0, at), Buffer.from(pick(PIECES).repeat(200)), rest]);
}

/** mulberry32 */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
