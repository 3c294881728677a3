import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { devNull } from 'node:os';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';

/** A program to be measured: its command as a user types it, and as it is started here. */
export interface Program {
  readonly shown: string;
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface Measured {
  readonly ms: number;
  /** Of processor time, as last seen before its end; for what runs for longer than a moment. */
  readonly cpuMs: number;
  readonly peakMib: number;
  readonly code: number | null;
}

export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Measured>;
  cpuMs(): number;
  rssMib(): number;
}

const LONGEST_MS = 120_000;
/** Whatever is to be started has begun by then. */
const STARTED_MS = 1_500;
/** Linux counts processor time in hundredths of a second. */
const TICK_MS = 10;

export function start(
  { argv: [file = '', ...args], env }: Program,
  { to = devNull, from, cwd }: { to?: string; from?: string; cwd?: string } = {},
): Started {
  const out = openSync(to, 'w');
  const input = from === undefined ? 'ignore' : openSync(from, 'r');
  const begun = performance.now();
  const child = spawn(file, args, {
    stdio: [input, out, 'ignore'],
    cwd,
    env: { ...process.env, NO_COLOR: '1', ...env },
  });
  closeSync(out);
  if (input !== 'ignore') closeSync(input);
  const pid = child.pid ?? 0;
  let cpu = 0;
  let peak = 0;
  const look = (): void => {
    cpu = cpuOf(pid) ?? cpu;
    peak = memoryOf(pid, 'VmHWM') ?? peak;
  };
  const looking = setInterval(look, 10);
  const late = setTimeout(() => child.kill('SIGKILL'), LONGEST_MS);
  const ended = once(child, 'exit').then(([code]) => {
    clearInterval(looking);
    clearTimeout(late);
    return { ms: performance.now() - begun, cpuMs: cpu, peakMib: peak, code: code as number | null };
  });
  return { child, ended, cpuMs: () => cpuOf(pid) ?? 0, rssMib: () => memoryOf(pid, 'VmRSS') ?? 0 };
}

/** Runs it to its end; throws unless it ended as it should. */
export async function measure(program: Program, expected: readonly number[] = [0], options = {}): Promise<Measured> {
  const measured = await start(program, options).ended;
  if (!expected.includes(measured.code ?? -1)) {
    throw new Error(`${program.shown} ended with ${measured.code ?? 'a signal'}, expected ${expected.join(' or ')}`);
  }
  return measured;
}

/** It has started and waits for what comes, or has done with what came: no processor time for so long. Or it has ended. */
export async function untilQuiet({ child, cpuMs }: Started, ms: number): Promise<void> {
  const begun = performance.now();
  let before = -1;
  let since = begun;
  while (child.exitCode === null && child.signalCode === null && performance.now() - since < ms) {
    await pause(50);
    const now = cpuMs();
    // A small program may be at work without ever having cost a tick.
    if (now !== before || (now === 0 && performance.now() - begun < STARTED_MS)) since = performance.now();
    before = now;
  }
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function cpuOf(pid: number): number | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
  } catch {
    return undefined;
  }
}

function memoryOf(pid: number, what: 'VmHWM' | 'VmRSS'): number | undefined {
  try {
    const kib = new RegExp(`${what}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    return kib === undefined ? undefined : Number(kib) / 1024;
  } catch {
    return undefined;
  }
}
