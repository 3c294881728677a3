// What lies beside the binaries: what is inside them (CycloneDX), under which licences, and a checksum of each file.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BUN } from './bun.mjs';
import { packagesOf } from './inside.mjs';
import { licences } from './licences.mjs';
import { sbom } from './sbom.mjs';
import { fileOf, TARGETS } from './targets.mjs';

/** `modules`: ids of what stands in the program. The runtimes are those of the binaries that lie in `folder`. */
export function writePapers(folder, modules) {
  const product = JSON.parse(readFileSync('package.json', 'utf8'));
  const packages = packagesOf(modules);
  const made = Object.keys(TARGETS).filter((target) => readdirSync(folder).includes(fileOf(target)));
  const runtimes = made.map((target) => {
    const { runtime } = TARGETS[target];
    return { name: runtime, version: BUN.version, integrity: BUN.integrity[runtime], licence: 'MIT' };
  });
  writeFileSync(
    join(folder, 'heddle-ts.cdx.json'),
    `${JSON.stringify(sbom(product, packages, runtimes), undefined, 2)}\n`,
  );
  writeFileSync(join(folder, 'THIRD-PARTY-LICENSES.txt'), licences(packages, BUN.version));
  const sums = readdirSync(folder)
    .filter((name) => name !== 'SHA256SUMS')
    .sort()
    .map(
      (name) =>
        `${createHash('sha256')
          .update(readFileSync(join(folder, name)))
          .digest('hex')}  ${name}\n`,
    );
  writeFileSync(join(folder, 'SHA256SUMS'), sums.join(''));
}
