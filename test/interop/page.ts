import type { Fault, Run } from './faults/fault.ts';

/** What came of one fault. */
export interface Diagnosed {
  readonly run: Run;
  /** stderr, then stdout. */
  readonly words: string;
  readonly code: number | NodeJS.Signals;
  /** When cause and remedy had been said; undefined where they were not. */
  readonly ms: number | undefined;
  /** A sentence that is false beside this fault. */
  readonly never: string | undefined;
  readonly folder: string;
}

const HEAD = `# Forty faults, and what is said of them

Made by \`UPDATE_GOLDEN=1 npm run interop -- diagnosis\`, and held to by \`npm run interop\`: each fault is made with the real parts
(Heddle's own processes, \`nats-server\`; where a stand-in serves, the row says so), then the command is run as a user runs it. The time
is from starting the program until cause and remedy had been said. \`…\` stands for what differs from run to run.

Within three seconds, but for packets that vanish and a frozen server, which only the deadline of the connection tells (5 s by default).

`;

export function pageOf(faults: readonly Fault[], all: ReadonlyMap<Fault, Diagnosed>): string {
  const rows = faults.map((fault) => {
    const found = all.get(fault);
    const verdict = found === undefined || !isNamed(found) ? `not yet: ${fault.open ?? ''}` : seconds(found);
    return `| ${fault.number} | ${fault.fault} | \`${command(fault, found)}\` | ${verdict} |`;
  });
  const numbers = [...new Set(faults.map(({ number }) => number))];
  const named = numbers.filter((number) => faults.every((fault) => fault.number !== number || isNamed(all.get(fault))));
  const table = ['| | fault | command | named after |', '|---|---|---|---|', ...rows].join('\n');
  const sections = faults.map((fault) => {
    const found = all.get(fault);
    return found === undefined ? '' : sectionOf(fault, found);
  });
  return `${HEAD}${named.length} of ${numbers.length} are named in all their forms, with a remedy and no false sentence beside it.\n\n${table}\n\n${sections.join('\n')}`;
}

/** Without times: the same on every machine. */
export function sectionOf(fault: Fault, found: Diagnosed): string {
  const words = steady(found.words, found.folder).trimEnd();
  const note = fault.open === undefined ? '' : `\nNot said yet: ${fault.open}.\n`;
  const exit = `exit ${found.code}`;
  return `## ${fault.number}: ${fault.fault}\n\nMade so: ${fault.made}. ${exit}.\n${note}\n\`\`\`\n$ ${command(fault, found)}\n${words}\n\`\`\`\n`;
}

function isNamed(found: Diagnosed | undefined): boolean {
  return found?.ms !== undefined && found.never === undefined;
}

function seconds({ ms = 0 }: Diagnosed): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function command(fault: Fault, found: Diagnosed | undefined): string {
  const argv = (found?.run.argv ?? []).filter((word, at, all) => word !== '--rtt-warn' && all[at - 1] !== '--rtt-warn');
  const words = argv.map((word) => (/^[\w./:=-]+$/.test(word) ? word : JSON.stringify(word)));
  return ['heddle-ts', ...words, ...(fault.results ? ['> results.ndjson'] : [])].join(' ');
}

const DIFFERS: readonly RegExp[] = [
  /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g,
  /\b\d{4}-\d\d-\d\dT[\d:.]+(Z|\+00:00)/g,
  /\b\d\d:\d\d:\d\d(\.\d+)?\b/g,
  /(?<=(127\.0\.0\.1|localhost)[: ])\d+/g,
  /(?<=nats-server )\d+\.\d+\.\d+/g,
  /(?<=python3 )\d+\.\d+\.\d+/g,
  /(?<=_ms": )\d+/g,
  / *\b\d+(\.\d+)? ?(ms|s|minutes?)\b/g,
  /\d+(\.\d+)?\/s\b/g,
  /\d+(\.\d+)? MiB(?= wait)/g,
];

/** What differs from run to run is left out. */
function steady(words: string, folder: string): string {
  const lines = DIFFERS.reduce((text, pattern) => text.replaceAll(pattern, '…'), words.replaceAll(folder, '…'));
  return lines
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}
