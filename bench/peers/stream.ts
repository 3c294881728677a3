import { closeSync, createReadStream, openSync, writeFileSync, writeSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { resultOfSize } from '../result-text.ts';
import type { Peer, PeerName } from './found.ts';
import { type Measured, measure, median, type Program, start, untilQuiet } from './meter.ts';
import type { Row } from './row.ts';
import { of, own, some } from './starts.ts';

export const MESSAGES = 300_000;
const BYTES = 300;
const ROUNDS = 3;
const SUBJECT = 'heddle.results.default';

interface Heard extends Measured {
  readonly missed: number;
}

export async function stream(
  peer: (name: PeerName) => Peer | undefined,
  { url, folder, mqttPort }: { url: string; folder: string; mqttPort: number | undefined },
): Promise<Row[]> {
  const text = resultOfSize(BYTES).toString();
  const lines = join(folder, 'lines.ndjson');
  writeMany(lines, text);
  const [nats, mosquitto] = [peer('nats'), mqttPort === undefined ? undefined : peer('mosquitto')];
  const mqtt = String(mqttPort);
  const many = String(MESSAGES);

  const readers: (readonly [PeerName | 'ours', Program, () => Promise<unknown>])[] = [
    ['ours', own('tail', '-q', '-o', 'ndjson', '--nats-url', url), () => pour(url, text)],
    ...some(nats, (it) => of(it, 'nats', 'sub', 'heddle.results.*', '--raw', '--count', many, '--server', url)).map(
      ([who, program]) => [who, program, () => pour(url, text)] as const,
    ),
    ...some(mosquitto, (it) => of(it, 'mosquitto_sub', '-p', mqtt, '-t', 'results', '-C', many)).map(
      ([who, program]) =>
        [
          who,
          program,
          () =>
            measure(of(mosquitto as Peer, 'mosquitto_pub', '-p', mqtt, '-t', 'results', '-l'), [0], { from: lines }),
        ] as const,
    ),
  ];
  const heard = readers.map((): Heard[] => []);
  const sent: Measured[][] = [];
  const senders = await sendersOf(peer, { url, lines, text, mqtt, mosquitto });
  for (const _ of senders) sent.push([]);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [at, [who, program, feed]] of readers.entries()) {
      heard[at]?.push(await listenTo(program, feed, join(folder, `${who}.out`)));
    }
    for (const [at, [, program, options]] of senders.entries()) sent[at]?.push(await measure(program, [0], options));
  }
  const group = `${MESSAGES.toLocaleString('en')} messages of ${BYTES} B`;
  const rowsOf = <Made extends Measured>(
    verb: string,
    programs: readonly (readonly [PeerName | 'ours', Program, unknown])[],
    found: readonly (readonly Made[])[],
    kinds: readonly (readonly [string, (made: Made) => number, string?])[],
  ): Row[] =>
    kinds.map(([unit, pick, note]) => {
      const figures = programs.map(([who, { shown }], at) => ({
        who,
        command: shown,
        value: median((found[at] ?? []).map(pick)),
      }));
      const [ours, ...theirs] = figures as [(typeof figures)[0], ...typeof figures];
      return {
        group,
        what: verb,
        unit,
        better: 'less',
        ours,
        theirs: theirs.map((each) => ({ ...each, who: each.who as PeerName })),
        ...(note !== undefined && { note }),
      };
    });
  return [
    ...rowsOf('read, in one burst, into a file', readers, heard, [
      [
        'us of processor time a message',
        ({ cpuMs }) => (cpuMs * 1000) / MESSAGES,
        'Ours decodes, judges and counts each message, and writes it in an envelope; `--raw` writes the bytes.',
      ],
      ['MiB at most', ({ peakMib }) => peakMib],
      [
        'messages missed',
        ({ missed }) => missed,
        'Ours keeps to a buffer of 64 MiB and says in the output how many it missed, and when; the others keep all of it in memory.',
      ],
    ]),
    ...rowsOf('sent', senders, sent, [
      [
        'ms',
        ({ ms }) => ms,
        "Ours reads payloads from a file, makes a task of each, and waits for the server's word on it; `mosquitto_pub` hands its lines on and asks nothing. Its budget was set in a run in which it waited for a processor: on an idle machine it is the quicker one.",
      ],
      ['us of processor time a message', ({ cpuMs }) => (cpuMs * 1000) / MESSAGES],
      ['MiB at most', ({ peakMib }) => peakMib],
    ]),
  ];
}

async function sendersOf(
  peer: (name: PeerName) => Peer | undefined,
  {
    url,
    lines,
    text,
    mqtt,
    mosquitto,
  }: { url: string; lines: string; text: string; mqtt: string; mosquitto: Peer | undefined },
): Promise<(readonly [PeerName | 'ours', Program, { from?: string }])[]> {
  const submit = own(
    'submit',
    'echo',
    '--jsonl',
    lines,
    '--lines',
    'payload',
    '--allow-unheard',
    '-q',
    '--nats-url',
    url,
  );
  const count = String(MESSAGES);
  return [
    ['ours', { ...submit, shown: submit.shown.replace(lines, 'lines.ndjson') }, {}],
    ...some(peer('nats'), (it) => ({
      ...of(it, 'nats', 'pub', SUBJECT, text, '--count', count, '--quiet', '--server', url),
      shown: `nats pub ${SUBJECT} '{…}' --count ${count} --quiet --server ${url}`,
    })).map(([who, program]) => [who, program, {}] as const),
    ...some(mosquitto, (it) => of(it, 'mosquitto_pub', '-p', mqtt, '-t', 'nobody', '-l')).map(
      ([who, program]) => [who, { ...program, shown: `${program.shown} < lines.ndjson` }, { from: lines }] as const,
    ),
  ];
}

/** From the moment it listens, a burst as fast as the server takes it. */
async function listenTo(program: Program, feed: () => Promise<unknown>, to: string): Promise<Heard> {
  const started = start(program, { to });
  await untilQuiet(started, 800);
  await feed();
  // Those that count have ended by themselves, unless something was lost on their way.
  await untilQuiet(started, 2_000);
  started.child.kill('SIGTERM');
  const late = setTimeout(() => started.child.kill('SIGKILL'), 10_000);
  const measured = await started.ended;
  clearTimeout(late);
  return { ...measured, missed: MESSAGES - (await messagesIn(to)) };
}

/** Ready-made bytes, in a process that has nothing else to do. */
function pour(url: string, text: string): Promise<void> {
  const frame = Buffer.from(`PUB ${SUBJECT} ${Buffer.byteLength(text)}\r\n${text}\r\n`);
  const piece = Buffer.concat(new Array<Buffer>(1_000).fill(frame));
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('data', (bytes) => {
      if (bytes.includes('PONG')) {
        socket.destroy();
        resolve();
      }
    });
    socket.write('CONNECT {"verbose":false}\r\n');
    let left = MESSAGES / 1_000;
    const go = (): void => {
      while (left > 0) {
        left -= 1;
        if (!socket.write(piece)) return void socket.once('drain', go);
      }
      socket.write('PING\r\n');
    };
    go();
  });
}

async function messagesIn(path: string): Promise<number> {
  let count = 0;
  let rest = '';
  for await (const chunk of createReadStream(path, { encoding: 'latin1' })) {
    const lines = (rest + (chunk as string)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.includes('3f0c9e0e-8a55')) count += 1;
  }
  return count;
}

function writeMany(path: string, line: string): void {
  writeFileSync(path, '');
  const piece = `${line}\n`.repeat(1_000);
  const fd = openSync(path, 'a');
  for (let at = 0; at < MESSAGES / 1_000; at += 1) writeSync(fd, piece);
  closeSync(fd);
}
