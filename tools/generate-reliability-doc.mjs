// docs/reliability.md from test/faults/results.json, which `npm run soak` writes; --check compares.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const { uses, faults, cells, signals, fuzz, steady } = JSON.parse(readFileSync(at('test/faults/results.json'), 'utf8'));

const list = (lines) => (lines.length === 0 ? 'Nothing.' : lines.map((line) => `- ${line}`).join('\n'));
const wrong = cells.filter((cell) => cell.wrong !== '');
const short = [
  ...new Set(cells.filter((cell) => cell.short).map((cell) => `${cell.use}, ${cell.fault}: ${cell.short}`)),
];
/** Programs that run on Bun cannot be asked what they have in use. */
const wasAsked = Object.values(steady?.programs ?? {}).some(({ inUse }) => inUse !== undefined);
const table = (head, rows) => [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');

const page = `# Reliability

What happens to each command when something goes wrong, as it was seen by \`npm run soak\`, which writes this page. Each cell is a run of the built
program against a real nats-server with the fault of that column: its exit code, or a dot where a fault cannot meet a command.
${cells.length} runs, each as it was seen last: each must end within its deadline (8 s after the fault; 16 s over a long way), with one of the
exit codes that fit, leave nothing unhandled, call nothing a bug, and say what is wrong. \`npm test\` runs one cell of each fault.

Exit codes: 0 done, 1 the answer is no, 2 usage, 3 the bus (or the directory that takes its place) cannot be used, 4 nobody listens, 70 the program
itself could not go on (only where it may open no more files), 130 and 143 ended by SIGINT and SIGTERM. What is meant to be stopped ends with 0.

## What falls short

${list([
  ...wrong.map(({ use, fault, wrong: how }) => `\`${use}\`, ${fault}: ${how}`),
  ...short,
  ...(steady?.wrong ?? []).map((how) => `under load: ${how}`),
])}

## The faults

${table(
  ['#', 'fault', 'how it is made'],
  faults.map(({ name, made }, index) => [index + 1, name, made.replaceAll('|', '\\|')]),
)}

## Every command under every fault

${table(
  ['command', ...faults.map((_, index) => index + 1)],
  uses.map((use) => [`\`${use}\``, ...faults.map((fault) => cellOf(use, fault.name))]),
)}

## Signals at any moment

${
  signals === undefined
    ? 'Not tried yet.'
    : `${signals.rounds} times a SIGINT or SIGTERM, sometimes two, at a moment between 0 and 1.5 s of a command taken by chance (seed ${signals.seed}). How they
ended: ${Object.entries(signals.ended)
        .map(([code, times]) => `${code} ${times} times`)
        .join(', ')}; \`SIGINT\` and \`SIGTERM\` are those that came before the program could take them.`
}

## Nonsense for every parser

${
  fuzz === undefined
    ? 'Not tried yet.'
    : `Inputs broken by chance, the same for the same seed (${fuzz.seed}): none may throw what is not meant for people, or take a second.

${table(
  ['parser', 'inputs'],
  Object.entries(fuzz.inputs).map(([parser, inputs]) => [parser, inputs.toLocaleString('en')]),
)}`
}

## Under load

${
  steady === undefined
    ? 'Not tried yet.'
    : `\`dev\`, a gateway, a worker over HTTP and a tail for ${steady.minutes} minutes, with ${Object.entries(
        steady.done,
      )
        .map(([what, times]) => `${times.toLocaleString('en')} × ${what}`)
        .join(', ')}. Whatever was acknowledged was done, and whoever waited got what they had sent. In the
second and the last quarter of that time, medians${wasAsked ? '; and what was in use after a collection, at half time and at the end. They have the whole nursery of V8 from the start: a quiet one takes less elsewhere' : ''}:

${table(
  ['program', 'memory', 'most', 'handles', ...(wasAsked ? ['in use'] : [])],
  Object.entries(steady.programs).map(([name, { mib, handles, inUse }]) => [
    `\`${name}\``,
    `${Math.round(mib.early)} and ${Math.round(mib.late)} MiB`,
    `${Math.round(mib.most)} MiB`,
    `${handles.early} and ${handles.late}`,
    ...(inUse === undefined ? [] : [`${inUse.early.toFixed(1)} and ${inUse.late.toFixed(1)} MiB`]),
  ]),
)}`
}

## And nothing lost

What was acknowledged is held to in tests of its own: a batch that is killed again and again, frozen, cut off, or out of disk (test/faults), a
gateway whose server restarts or whose replica dies (test/gateway), a server of three that is killed while Heddle's own actors work
(test/interop), a directory that is killed in the middle of a write (test/store).
`;

const file = at('docs/reliability.md');
if (!process.argv.includes('--check')) writeFileSync(file, page);
else if (readFileSync(file, 'utf8') !== page) {
  console.error(
    'docs/reliability.md differs from test/faults/results.json; run: node tools/generate-reliability-doc.mjs',
  );
  process.exit(1);
}

function cellOf(use, fault) {
  const cell = cells.find((each) => each.use === use && each.fault === fault);
  if (cell !== undefined) return cell.wrong === '' ? cell.ended : `**${cell.ended}**`;
  return '·';
}
