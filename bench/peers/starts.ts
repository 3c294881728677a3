import { inProject } from '../../test/helpers/root.ts';
import type { Peer, PeerName } from './found.ts';
import { measure, median, type Program, start } from './meter.ts';
import type { Row } from './row.ts';

const ROUNDS = 11;
const DEAD = 'nats://127.0.0.1:1';
/** What has not given up then is not waited for in every round. */
const PATIENCE_MS = 20_000;
const BIN = inProject('bin', 'heddle-ts.js');

export function own(...argv: readonly string[]): Program {
  return { shown: typed('heddle-ts', argv), argv: [process.execPath, BIN, ...argv] };
}

export function of(peer: Peer, program: string, ...argv: readonly string[]): Program {
  return { shown: typed(program, argv), argv: [peer.path(program), ...argv] };
}

/** As somebody would type it in a shell. */
function typed(program: string, argv: readonly string[]): string {
  return [program, ...argv.map((word) => (/^[\w./:=@,-]+$/.test(word) ? word : `'${word}'`))].join(' ');
}

interface Case {
  readonly group: string;
  readonly what: string;
  readonly ours: Program;
  readonly theirs: readonly (readonly [PeerName | 'node', Program])[];
  /** Exit codes of an end as it should be. */
  readonly codes?: readonly number[];
  readonly note?: string;
}

/** From the start to the end of each, in turns, so that a busy machine slows all of them. */
async function compare({ group, what, ours, theirs, codes = [0], note }: Case): Promise<Row> {
  const programs = [ours, ...theirs.map(([, program]) => program)];
  const times = programs.map((): number[] => []);
  for (const program of programs) await measure(program, codes);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [at, program] of programs.entries()) times[at]?.push((await measure(program, codes)).ms);
  }
  const value = (at: number): number => median(times[at] ?? []);
  return {
    group,
    what,
    unit: 'ms',
    better: 'less',
    ours: { command: ours.shown, value: value(0) },
    theirs: theirs.map(([who, { shown }], at) => ({ who, command: shown, value: value(at + 1) })),
    ...(note !== undefined && { note }),
  };
}

/** Everything that is over in a moment: what a shell loop and a probe pay each time. */
export async function starts(peer: (name: PeerName) => Peer | undefined, url: string, mqttPort: number | undefined) {
  const [nats, heddle, check, ajv, mosquitto] = (
    ['nats', 'heddle', 'check-jsonschema', 'ajv', 'mosquitto'] as const
  ).map(peer);
  const group = 'Cold starts';
  const task = '{"worker_type":"echo","payload":{"text":"x"}}';
  const cases: Case[] = [
    {
      group,
      what: 'the version, or the help',
      ours: own('--version'),
      theirs: [
        ['node', { shown: 'node -e 0', argv: [process.execPath, '-e', '0'] }],
        ...some(nats, (it) => of(it, 'nats', '--version')),
        ...some(heddle, (it) => of(it, 'heddle', '--help')),
        ...some(check, (it) => of(it, 'check-jsonschema', '--version')),
        ...some(ajv, (it) => of(it, 'ajv', 'help')),
      ],
    },
    {
      group,
      what: 'is the bus there',
      ours: own('preflight', '--probe', 'ready', '--nats-url', url),
      theirs: some(nats, (it) => of(it, 'nats', 'server', 'check', 'connection', '--server', url)),
      codes: [0, 1],
      note: '`nats` connects and asks for nothing more; ours also asks whether a router and workers listen (nobody does here).',
    },
    {
      group,
      what: 'one message sent',
      ours: own('submit', 'echo', '--set', 'text=x', '--allow-unheard', '--nats-url', url),
      theirs: [
        ...some(nats, (it) => of(it, 'nats', 'pub', 'heddle.tasks.incoming', task, '--server', url)),
        ...some(heddle, (it) => of(it, 'heddle', 'submit', 'x', '--nats-url', url)),
        ...(mqttPort === undefined
          ? []
          : some(mosquitto, (it) => of(it, 'mosquitto_pub', '-p', String(mqttPort), '-t', 'tasks', '-m', task))),
      ],
      note: 'Ours waits until the server has it and has said whether anybody listens; `mosquitto_pub` speaks to a mosquitto.',
    },
    {
      group: 'A port on which nobody listens',
      what: 'until it says so',
      ours: own('submit', 'echo', '--set', 'text=x', '--nats-url', DEAD),
      theirs: [
        ...some(nats, (it) => of(it, 'nats', 'pub', 'heddle.tasks.incoming', task, '--server', DEAD)),
        ...some(mosquitto, (it) => of(it, 'mosquitto_pub', '-p', '1', '-t', 'tasks', '-m', task)),
      ],
      codes: [1, 2, 3],
      ...(heddle !== undefined && { note: await patienceOf(of(heddle, 'heddle', 'submit', 'x', '--nats-url', DEAD)) }),
    },
  ];
  const rows: Row[] = [];
  for (const each of cases) rows.push(await compare(each));
  return rows;
}

export function some<Made>(peer: Peer | undefined, make: (peer: Peer) => Made): (readonly [PeerName, Made])[] {
  return peer === undefined ? [] : [[peer.name, make(peer)]];
}

async function patienceOf(program: Program): Promise<string> {
  const { child, ended } = start(program);
  const late = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
  const { code, ms } = await ended;
  clearTimeout(late);
  return code === null
    ? `\`heddle submit\` was still trying when it was ended after ${PATIENCE_MS / 1000} s.`
    : `\`heddle submit\` ended with ${code} after ${(ms / 1000).toFixed(1)} s.`;
}
