// The text of a Homebrew formula for what lies in dist/bin, from the address at which a release has it:
// node tools/binary/formula.mjs https://…/releases/download/v1.2.3 > heddle-ts.rb
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { fileOf } from './targets.mjs';

/** Homebrew's words for them. */
const SYSTEMS = [
  ['on_macos', { on_arm: 'darwin-arm64', on_intel: 'darwin-x64' }],
  ['on_linux', { on_arm: 'linux-arm64', on_intel: 'linux-x64' }],
];

/** `sums`: the text of SHA256SUMS. Throws when a binary that the formula needs is not among them. */
export function formula(product, base, sums) {
  const sumOf = (file) => {
    const line = sums.split('\n').find((each) => each.endsWith(`  ${file}`));
    if (line === undefined) throw new Error(`${file} is not in SHA256SUMS: npm run build:binary all`);
    return line.slice(0, 64);
  };
  const systems = SYSTEMS.flatMap(([system, machines]) => [
    `  ${system} do`,
    ...Object.entries(machines).flatMap(([machine, target]) => [
      `    ${machine} do`,
      `      url "${base}/${fileOf(target)}"`,
      `      sha256 "${sumOf(fileOf(target))}"`,
      '    end',
    ]),
    '  end',
  ]);
  return `class HeddleTs < Formula
  desc "${product.description.replace(/^The /, '').replace(/\.$/, '').replace(/:.*/, '')}"
  homepage "${base.replace(/\/releases\/.*/, '')}"
  version "${product.version}"
  license "${product.license}"

${systems.join('\n')}

  def install
    bin.install Dir["heddle-ts-*"].first => "heddle-ts"
    chmod 0755, bin/"heddle-ts"
    generate_completions_from_executable(bin/"heddle-ts", "completion")
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/heddle-ts --version")
  end
end
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const read = (file) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
  const [base] = process.argv.slice(2);
  if (base === undefined) throw new Error('usage: node tools/binary/formula.mjs <address of the release>');
  process.stdout.write(formula(JSON.parse(read('package.json')), base, read('dist/bin/SHA256SUMS')));
}
