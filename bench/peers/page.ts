import { arch, availableParallelism, cpus, platform, totalmem } from 'node:os';
import type { Absent, Peer } from './found.ts';
import { type Figure, type Row, ratioOf, standing } from './row.ts';

const HEAD = `# Beside others

Made by \`npm run bench -- --peers\`, which measures us beside the programs of others that do the same or nearly so, in one run, each in
turn, and writes this page: figures are medians. A ratio is ours to theirs. What takes us more is here as well as what takes us less.
The budgets of these ratios stand in bench/budgets.json.
`;

export interface Run {
  readonly date: string;
  readonly node: string;
  readonly own: string;
  readonly server: string;
  readonly minutes: number;
  /** How many programs wanted to run at the same time, of which those measured here were one or two. */
  readonly load: number;
  readonly peers: readonly (Peer | Absent)[];
  readonly rows: readonly Row[];
  /** The budget of each ratio in words, by row and peer. */
  readonly verdicts: ReadonlyMap<Figure, string>;
}

export function pageOf(run: Run): string {
  const groups = [...new Set(run.rows.map(({ group }) => group))];
  return `${[
    HEAD,
    machine(run),
    summary(run.rows),
    ...groups.map((group) =>
      groupOf(
        group,
        run.rows.filter((row) => row.group === group),
        run.verdicts,
      ),
    ),
  ].join('\n')}`;
}

function machine({ date, node, own, server, minutes, load, peers }: Run): string {
  const model = cpus()[0]?.model.trim() ?? 'an unknown processor';
  const lines = peers.map((peer) =>
    'why' in peer ? `- ${peer.name}: absent (${peer.why})` : `- ${peer.name} ${peer.version}`,
  );
  return `${date}: ${availableParallelism()} threads of ${model}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${platform()} ${arch()}, Node ${node}, heddle-ts ${own}, nats-server ${server}; ${minutes} minutes in all.
${load < availableParallelism() ? `Before it began, the load of the machine was ${load.toFixed(1)}.` : `The machine was busy with other work (${Math.round(load)} programs at a time): the times are longer than on an idle one, the ratios less so.`}

${lines.join('\n')}
`;
}

/** Who is ahead, and by how much; the worst first. */
function summary(rows: readonly Row[]): string {
  const all = rows.flatMap((row) => row.theirs.map((theirs) => ({ row, theirs, how: standing(row, theirs) })));
  const list = (how: 'won' | 'lost'): string[] =>
    all
      .filter((each) => each.how === how)
      .map(({ row, theirs }) => ({ row, theirs, factor: factorOf(row, theirs) }))
      .sort((a, b) => b.factor - a.factor)
      .map(
        ({ row, theirs, factor }) =>
          `- ${row.what}, ${row.unit}: ${shown(row.ours.value)} against ${shown(theirs.value)} of ${theirs.who}${Number.isFinite(factor) ? ` (${shown(factor)} times)` : ''}`,
      );
  const even = all.filter(({ how }) => how === 'even').length;
  return `## What we lose

${list('lost').join('\n') || 'Nothing that was measured here.'}

## What we win

${list('won').join('\n') || 'Nothing that was measured here.'}

${even} more are within a tenth of each other.
`;
}

function factorOf(row: Row, theirs: Figure): number {
  const ratio = ratioOf(row, theirs);
  return ratio > 1 ? ratio : 1 / ratio;
}

function groupOf(group: string, rows: readonly Row[], verdicts: ReadonlyMap<Figure, string>): string {
  const notes = [...new Set(rows.map(({ note }) => note).filter((note) => note !== undefined))];
  const lines = rows.flatMap((row) => [
    `| ${row.what}, ${row.unit} | \`${cell(row.ours.command)}\` | ${shown(row.ours.value)} | | |`,
    ...row.theirs.map(
      (theirs) =>
        `| | \`${cell(theirs.command)}\` | ${shown(theirs.value)} | ${shown(ratioOf(row, theirs))} | ${verdicts.get(theirs) ?? ''} |`,
    ),
  ]);
  return `## ${group}

| what | command | median | ratio | budget of the ratio |
|---|---|---|---|---|
${lines.join('\n')}
${notes.map((note) => `\n${note}\n`).join('')}`;
}

function cell(command: string): string {
  return command
    .replaceAll(/nats:\/\/127\.0\.0\.1:(?!1\b)\d+/g, 'nats://127.0.0.1:4222')
    .replaceAll(/-p (?!1 )\d+/g, '-p 1883')
    .replaceAll('|', '\\|');
}

function shown(value: number): string {
  if (!Number.isFinite(value)) return '·';
  if (value >= 100) return Math.round(value).toLocaleString('en');
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
