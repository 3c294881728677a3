// The bill of materials, in CycloneDX 1.6. It is the same for the same contents, so that two builds can be compared.
import { createHash } from 'node:crypto';

/** `packages` and `runtimes`: name, version, integrity (as npm writes it) and licence of each. */
export function sbom(product, packages, runtimes) {
  const libraries = packages.map((each) => component(each, 'library'));
  const platforms = runtimes.map((each) => component(each, 'platform'));
  const components = [...libraries, ...platforms];
  const root = {
    type: 'application',
    'bom-ref': purl(product),
    name: product.name,
    version: product.version,
    description: product.description,
    licenses: [{ license: { id: product.license } }],
    purl: purl(product),
  };
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${uuidOf(JSON.stringify([root, components]))}`,
    version: 1,
    metadata: { component: root },
    components,
    dependencies: [{ ref: root['bom-ref'], dependsOn: components.map((each) => each['bom-ref']) }],
    compositions: [
      { aggregate: 'complete', assemblies: [root['bom-ref']] },
      // Bun links libraries of its own, which its packages do not list: THIRD-PARTY-LICENSES.txt names them.
      { aggregate: 'incomplete', assemblies: platforms.map((each) => each['bom-ref']) },
    ],
  };
}

function component({ name, version, integrity, licence }, type) {
  const [, group, plain] = /^(?:(@[^/]+)\/)?(.+)$/.exec(name);
  const ref = purl({ name, version });
  return {
    type,
    'bom-ref': ref,
    ...(group === undefined ? {} : { group }),
    name: plain,
    version,
    hashes: [{ alg: 'SHA-512', content: Buffer.from(integrity.replace('sha512-', ''), 'base64').toString('hex') }],
    licenses: [/[ ()]/.test(licence) ? { expression: licence } : { license: { id: licence } }],
    purl: ref,
  };
}

function purl({ name, version }) {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`;
}

/** Made from what it names, in the form of version 8. */
function uuidOf(text) {
  const hex = createHash('sha256').update(text).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
}
