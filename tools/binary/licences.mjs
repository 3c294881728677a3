// The licences of what a binary holds: of each package its own text, of Bun what its authors say of it.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export function licences(packages, bunVersion) {
  const texts = packages.map(({ name, version, licence, folder }) => {
    const file = readdirSync(folder).find((each) => /^licen[cs]e(?:\.|$)/i.test(each));
    const text =
      file === undefined ? 'The package brings no text of it.' : readFileSync(join(folder, file), 'utf8').trim();
    return `${name} ${version}\n${licence}\n\n${text.replaceAll('\r\n', '\n')}\n`;
  });
  return [OURS, bun(bunVersion), ...texts].join(`\n${'-'.repeat(80)}\n\n`);
}

const OURS = `heddle-ts is under the Apache License 2.0, whose text is the file LICENSE of its repository.
A binary of it holds the program, the packages named below, and the runtime Bun.
`;

/** From LICENSE.md of Bun's repository; its packages on the registry bring no text of any licence. */
const LINKED = [
  ['JavaScriptCore and WebKit', 'LGPL 2'],
  ['tinycc', 'LGPL 2.1'],
  ['boringssl', 'several, see its LICENSE'],
  ['brotli', 'MIT'],
  ['c-ares', 'MIT'],
  ['highway', 'Apache 2.0'],
  ['ICU', 'Unicode License'],
  ['libarchive', 'several, see its COPYING'],
  ['libbase64', 'BSD 2-Clause'],
  ['libdeflate', 'MIT'],
  ['libjpeg-turbo', 'BSD 3-Clause, IJG, zlib'],
  ['libspng', 'BSD 2-Clause'],
  ['libuv (on Windows)', 'MIT'],
  ['libwebp', 'BSD 3-Clause'],
  ['lol-html', 'BSD 3-Clause'],
  ['ls-hpack, ls-qpack, lsquic', 'MIT; parts of lsquic BSD 3-Clause'],
  ['mimalloc', 'MIT'],
  ['picohttpparser', 'MIT or Perl'],
  ['simdutf', 'Apache 2.0'],
  ['TigerBeetle, parts of its I/O', 'Apache 2.0'],
  ['uSockets, a fork of uWebSockets', 'Apache 2.0'],
  ['uucode', 'MIT'],
  ['zlib-ng', 'zlib'],
  ['zstd', 'BSD'],
  ['LLVM libc++abi, parts of it', 'Apache 2.0 with LLVM exception'],
  ['esbuild, of which parts of Bun are a port', 'MIT'],
  ['polyfills of Node modules (acorn, assert, buffer, events, and others)', 'MIT'],
];

function bun(version) {
  const width = Math.max(...LINKED.map(([name]) => name.length));
  const rows = LINKED.map(([name, licence]) => `  ${name.padEnd(width)}  ${licence}`);
  return `Bun ${version}
MIT, https://github.com/oven-sh/bun

Bun's authors say which libraries it links; a version may differ in them by a little from the list, which
was read in the LICENSE.md of their repository:

${rows.join('\n')}

JavaScriptCore is under the LGPL 2 and linked statically: whoever has a binary may change that library and link
again. Its sources, as Bun has them, are at https://github.com/oven-sh/WebKit, how Bun is built with changed ones
stands in the LICENSE.md of https://github.com/oven-sh/bun, and a binary of heddle-ts is then made with
\`npm run build:binary\` from the sources of heddle-ts and that Bun in the place of the fetched one.
`;
}
