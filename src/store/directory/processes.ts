import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { kill, pid } from 'node:process';

/** Which process something belongs to, so that another can tell whether it still lives. */
export interface ProcessName {
  readonly pid: number;
  /** When it began, as the system counts; of two processes with one number it tells the later. Null where it is not told. */
  readonly began: string | null;
  /** Within it, process numbers mean the same: a machine since its start, or a container on it. */
  readonly realm: string;
}

let mine: Promise<ProcessName> | undefined;

export function ourselves(): Promise<ProcessName> {
  mine ??= nameOurselves();
  return mine;
}

/** `unknown`: it is of another realm. */
export async function fateOf(other: ProcessName): Promise<'alive' | 'dead' | 'unknown'> {
  const us = await ourselves();
  if (other.realm !== us.realm) return 'unknown';
  try {
    kill(other.pid, 0);
  } catch (error) {
    // Not allowed to signal it means that it is there.
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return 'dead';
  }
  const began = await beganAt(other.pid);
  return began !== null && other.began !== null && began !== other.began ? 'dead' : 'alive';
}

async function nameOurselves(): Promise<ProcessName> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  const space = await readlink('/proc/self/ns/pid').catch(() => '');
  return { pid, began: await beganAt(pid), realm: [hostname(), boot.trim(), space].join(' ').trim() };
}

/** From Linux, field 22; the name of the program before it may hold anything, closing brackets too. */
async function beganAt(id: number): Promise<string | null> {
  const text = await readFile(`/proc/${id}/stat`, 'utf8').catch(() => '');
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? null;
}
