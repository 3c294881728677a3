import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Line } from '../../src/child/lines.ts';
import { type Program, type ProgramOptions, startProgram } from '../../src/child/program.ts';
import { ROOT } from '../helpers/root.ts';

export function options(script: string, more: Partial<ProgramOptions> = {}): Omit<ProgramOptions, 'clock'> {
  return {
    command: [process.execPath, '-e', script],
    cwd: ROOT,
    env: process.env,
    platform: process.platform,
    ...more,
  };
}

export interface Started {
  readonly program: Program;
  /** A line that was too long stands here as its length. */
  readonly lines: (string | number)[];
  readonly stderr: string[];
  seen(pattern: RegExp): Promise<void>;
}

/** A program in JavaScript that goes with the test. */
export async function start(t: TestContext, script: string, more: Partial<ProgramOptions> = {}): Promise<Started> {
  const lines: (string | number)[] = [];
  const stderr: string[] = [];
  const program = await startProgram(options(script, more), () => ({
    line: (line) => lines.push(shown(line)),
    stderr: (text) => stderr.push(text),
  }));
  t.after(async () => {
    program.end('SIGKILL');
    await program.ended;
  });
  const seen = (pattern: RegExp): Promise<void> =>
    until(`${pattern} on its output`, () => [...lines, ...stderr].some((line) => pattern.test(String(line))));
  return { program, lines, stderr, seen };
}

export function shown(line: Line): string | number {
  return 'bytes' in line ? Buffer.from(line.bytes).toString() : line.tooLong;
}

export function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

export async function until(what: string, test: () => boolean, ms = 20_000): Promise<void> {
  const deadline = performance.now() + ms;
  while (!test()) {
    if (performance.now() > deadline) throw new Error(`${what}: it did not come in ${ms} ms`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-child-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
