import { join } from 'node:path';
import type { World } from './world.ts';

/** A command as a script or a person uses it, and how it behaves by nature. */
export interface Use {
  /** As the table shows it; begins with the words of the command. */
  readonly name: string;
  /** Ends by itself; `watches` ends by a signal with 130 or 143; `serves` ends by a signal with 0. */
  readonly nature: 'ends' | 'watches' | 'serves';
  readonly connects: boolean;
  argv(world: World): readonly string[];
  /** What shows that it is at work. */
  readonly atWork?: RegExp | undefined;
  /** How it ends when nothing is wrong; for what ends. */
  readonly own: readonly number[];
  /** Needs kept failed work, and `world.letter`. */
  readonly letters?: true;
  /** Draws on a terminal, and gets one. */
  readonly terminal?: true;
  /** It goes on without a bus, and says so. */
  readonly patient?: true;
  /** The file or folder that it writes, in its argv. */
  readonly writes?: true;
}

const BATCH = ['submit', 'echo', '--tier', 'local', '--count', '100000', '--rate', '2000/s', '--allow-unheard'];

const worker = ({ folder }: World): string => join(folder, 'configs', 'workers', 'echo.yaml');

/** What needs no bus and is over in a moment. */
const alone = (name: string, ...more: readonly string[]): Use => ({
  name,
  nature: 'ends',
  connects: false,
  own: [0],
  argv: () => [...name.split(' '), ...more],
});

/** What asks the bus once. */
const asks = (name: string, own: number, ...more: readonly string[]): Use => ({
  name,
  nature: 'ends',
  connects: true,
  own: [own],
  argv: ({ url }) => [...name.split(' '), ...more, ...url],
});

/** What looks at failed work, or changes something about it. */
const aboutLetters = (verb: string, argv: (world: World) => readonly string[] = () => []): Use => ({
  name: `dead-letter ${verb}`,
  nature: 'ends',
  connects: true,
  letters: true,
  own: [0],
  argv: (world) => ['dead-letter', ...verb.split(' '), ...argv(world), ...world.url],
});

export const USES: readonly Use[] = [
  { ...alone('validate'), argv: ({ folder }) => ['validate', join(folder, 'configs')] },
  asks('preflight', 0),
  {
    ...asks('preflight --watch', 0, '200ms'),
    nature: 'watches',
    patient: true,
    atWork: /./,
  },
  {
    ...asks('preflight --serve', 0, '127.0.0.1:0', '--interval', '200ms'),
    nature: 'watches',
    patient: true,
    atWork: /serving/,
  },
  asks('status', 0),
  { ...asks('status --watch', 0, '200ms'), nature: 'watches', atWork: /\d connections?,/ },
  { ...asks('submit', 0), argv: ({ url }) => ['submit', 'echo', '--set', 'text=x', '--allow-unheard', ...url] },
  {
    ...asks('submit --wait', 4),
    argv: ({ url }) => ['submit', 'echo', '--set', 'text=x', '--wait', '3s', ...url],
  },
  {
    ...asks('submit, a batch', 0),
    nature: 'watches',
    argv: ({ url }) => [...BATCH, '--reconnect-timeout', '1s', ...url],
  },
  {
    ...asks('submit --journal', 0),
    writes: true,
    argv: ({ url, file }) => ['submit', 'echo', '--count', '3', '--allow-unheard', '--journal', file, ...url],
  },
  { ...asks('tail', 0, '--all'), nature: 'watches', atWork: /following/ },
  { ...asks('tail --for', 0, '3s', '--all'), atWork: /following/ },
  {
    ...asks('tail --record', 1),
    nature: 'watches',
    writes: true,
    atWork: /following/,
    argv: ({ url, file }) => ['tail', '--all', '--record', file, ...url],
  },
  { ...asks('top', 0), nature: 'watches', terminal: true, atWork: /Bus/ },
  aboutLetters('groups'),
  aboutLetters('list'),
  aboutLetters('show', ({ letter }) => [letter]),
  { ...aboutLetters('replay', ({ letter }) => [letter, '--yes', '--resend-uncertain', '--again']), own: [4] },
  aboutLetters('replay list'),
  aboutLetters('replay show', ({ operation }) => [operation]),
  { ...aboutLetters('replay resume', ({ operation }) => [operation]), own: [4] },
  { ...aboutLetters('replay abort', ({ operation }) => [operation]), own: [0, 1] },
  aboutLetters('archive', ({ letter }) => [letter]),
  aboutLetters('restore', ({ letter }) => [letter]),
  aboutLetters('delete', ({ letter }) => [letter, '--yes']),
  aboutLetters('purge', () => ['--everything', '--yes']),
  { ...aboutLetters('export', ({ file }) => [file, '--all']), writes: true },
  aboutLetters('import', ({ exported }) => [exported]),
  aboutLetters('enable'),
  aboutLetters('disable', () => ['--discard', '--yes']),
  {
    ...asks('dead-letter watch', 0),
    nature: 'serves',
    writes: true,
    atWork: /keeping|watching|watch/,
    argv: ({ url, file }) => ['dead-letter', 'watch', '--store', file, ...url],
  },
  {
    ...asks('worker', 0),
    nature: 'serves',
    atWork: /worker \S+ on|worker_started/,
    argv: (world) => ['worker', '--config', worker(world), '--echo', '--grace', '1s', ...world.url],
  },
  { ...asks('router', 0, '--grace', '1s'), nature: 'serves', atWork: /router on|router_started/ },
  {
    ...asks('gateway', 0),
    nature: 'serves',
    atWork: /gateway \S+ on http/,
    argv: ({ url }) => ['gateway', '--listen', '127.0.0.1:0', '--grace', '1s', ...url],
  },
  { ...alone('gateway check'), argv: ({ folder }) => ['gateway', 'check', join(folder, 'gateway.yaml')] },
  alone('gateway example'),
  alone('gateway mqtt-topic', 'sensors/a/temp'),
  alone('gateway openapi'),
  {
    ...alone('dev', '--bus', 'builtin', '--grace', '1s'),
    nature: 'serves',
    writes: true,
    atWork: /ready nats/,
    argv: ({ file }) => ['dev', '--bus', 'builtin', '--grace', '1s', '--ready-file', file],
  },
  asks('reload', 4),
  alone('acl'),
  alone('completion', 'bash'),
  alone('help'),
];
