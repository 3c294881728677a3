// What a binary is made for. `runtime` is the package of the registry that brings Bun for it.

/** linux-x64 runs on any x64 processor of the last fifteen years: Bun's one build for it asks for SSE 4.2 and looks for more as it runs. */
export const TARGETS = {
  'linux-x64': { runtime: '@oven/bun-linux-x64', bun: 'bun-linux-x64' },
  'linux-arm64': { runtime: '@oven/bun-linux-aarch64', bun: 'bun-linux-arm64' },
  'linux-x64-musl': { runtime: '@oven/bun-linux-x64-musl', bun: 'bun-linux-x64-musl' },
  'linux-arm64-musl': { runtime: '@oven/bun-linux-aarch64-musl', bun: 'bun-linux-arm64-musl' },
  'darwin-x64': { runtime: '@oven/bun-darwin-x64', bun: 'bun-darwin-x64' },
  'darwin-arm64': { runtime: '@oven/bun-darwin-aarch64', bun: 'bun-darwin-arm64' },
  'windows-x64': { runtime: '@oven/bun-windows-x64', bun: 'bun-windows-x64' },
};

/** What this machine is, in the same words; undefined where there is no binary for it. */
export function ofThisMachine() {
  const os = process.platform === 'win32' ? 'windows' : process.platform;
  const musl = os === 'linux' && process.report.getReport().header.glibcVersionRuntime === undefined;
  const name = `${os}-${process.arch}${musl ? '-musl' : ''}`;
  return name in TARGETS ? name : undefined;
}

export function fileOf(target) {
  return `heddle-ts-${target}${target.startsWith('windows') ? '.exe' : ''}`;
}
