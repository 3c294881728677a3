// Renews docs/look.svg: real commands on a real bus, their coloured output drawn as a terminal shows it. Needs a build.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BIN = join(ROOT, 'bin', 'heddle-ts.js');
const COMMANDS = [
  ['status'],
  ['submit', 'echo', '--set', 'text=hello', '--trace'],
  ['submit', 'shout', '--tier', 'local', '--set', 'text=hello', '--trace', '--wait', '1s'],
];
/** Of the terminal's colours: what stands on a dark ground. */
const COLORS = {
  31: '#ff7b72',
  32: '#7ee787',
  33: '#e3b341',
  34: '#79c0ff',
  35: '#d2a8ff',
  36: '#76e3ea',
  90: '#8b949e',
};
const [GROUND, INK, FAINT] = ['#0d1117', '#e6edf3', '#8b949e'];
const [WIDTH, HEIGHT, EDGE] = [8.4, 19, 20];

const folder = mkdtempSync(join(tmpdir(), 'heddle-picture-'));
const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('NATS_')));
Object.assign(env, { XDG_CONFIG_HOME: folder, FORCE_COLOR: '1', COLUMNS: '104' });
const ready = join(folder, 'ready.json');
const dev = spawn(process.execPath, [BIN, 'dev', '--ready-file', ready], { cwd: ROOT, env, stdio: 'ignore' });
const ended = once(dev, 'exit');
while (!existsSync(ready)) await pause(20);
env.NATS_URL = JSON.parse(readFileSync(ready, 'utf8')).url;
const lines = [];
for (const argv of COMMANDS) {
  const run = spawnSync(process.execPath, [BIN, ...argv], { cwd: ROOT, env, encoding: 'utf8' });
  lines.push(`\x1b[1m$ heddle-ts ${argv.join(' ')}\x1b[0m`, ...`${run.stdout}${run.stderr}`.trimEnd().split('\n'), '');
}
dev.kill('SIGTERM');
await ended;
rmSync(folder, { recursive: true, force: true });
writeFileSync(join(ROOT, 'docs', 'look.svg'), drawing(lines.slice(0, -1)));

function drawing(shown) {
  const columns = Math.max(...shown.map((line) => plain(line).length));
  const [width, height] = [Math.ceil(columns * WIDTH + 2 * EDGE), shown.length * HEIGHT + 2 * EDGE];
  // Browsers do not take white space over from the group.
  const rows = shown.map(
    (line, at) => `<text xml:space="preserve" x="${EDGE}" y="${EDGE + at * HEIGHT + 14}">${spans(line)}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="heddle-ts in a terminal">
<rect width="100%" height="100%" rx="8" fill="${GROUND}"/>
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="14" fill="${INK}">
${rows.join('\n')}
</g>
</svg>
`;
}

/** Each run of one look at its own column, so that a font of another width cannot push the table apart. */
function spans(line) {
  let [fill, bold] = [undefined, false];
  let column = 0;
  let out = '';
  for (const part of line.split(/(\x1b\[[\d;]*m)/)) {
    const codes = /^\x1b\[([\d;]*)m$/.exec(part)?.[1];
    if (codes === undefined) {
      if (part === '') continue;
      const look = `${fill === undefined ? '' : ` fill="${fill}"`}${bold ? ' font-weight="bold"' : ''}`;
      out += `<tspan x="${(EDGE + column * WIDTH).toFixed(1)}"${look}>${escaped(part)}</tspan>`;
      column += part.length;
      continue;
    }
    for (const code of codes.split(';').map(Number)) {
      if (code === 0) [fill, bold] = [undefined, false];
      else if (code === 1) bold = true;
      else if (code === 2) fill = FAINT;
      else if (code === 22) [fill, bold] = [fill === FAINT ? undefined : fill, false];
      else if (code === 39) fill = undefined;
      else fill = COLORS[code] ?? fill;
    }
  }
  return out;
}

function plain(line) {
  return line.replaceAll(/\x1b\[[\d;]*m/g, '');
}

function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
