import { HeddleError } from '../errors.ts';
import type { CommandSpec } from './command.ts';
import { errorsAsJson, type FrameFlags } from './flags/frame.ts';
import { quoted } from './screen/disarm.ts';
import type { Session } from './session.ts';

/** How one format writes an answer: made for a run, loaded when it is asked for. */
export type Format<Writer> = (session: Session) => Writer | Promise<Writer>;

/** A command's formats by name, the default first. What it declares is the names of these. */
export type Formats<Writer> = Readonly<Record<string, Format<Writer>>>;

/** What some command writes and not every one; test/cli/frame.test.ts holds the list to the commands. */
export const ELSEWHERE: ReadonlySet<string> = new Set([
  'short',
  'junit',
  'sarif',
  'github',
  'nagios',
  'prometheus',
  'nsc',
]);

const FOR_PEOPLE = new Set(['human', 'short']);

export function isMachineFormat(format: string): boolean {
  return !FOR_PEOPLE.has(format);
}

/**
 * `-o` over `--json` and `--select` over HEDDLE_OUTPUT over the command's first format. A variable is set for all commands of a script, and not every
 * one has every format: `note` says when it could not be followed.
 */
export function resolveFormat(
  command: string,
  spec: CommandSpec,
  { output, json, select }: FrameFlags,
  env: Readonly<Record<string, string | undefined>>,
): { readonly format: string; readonly note?: string } {
  const selects = typeof select === 'string';
  if (output !== undefined && selects && !errorsAsJson(output)) {
    throw new HeddleError('usage', `--select picks out of JSON, and -o ${output} is none`, {
      hint: `Leave -o out, or write -o ${machineFormatOf(spec)}.`,
    });
  }
  if (output !== undefined) return { format: output };
  if (json || selects) return { format: machineFormatOf(spec) };
  const wanted = env.HEDDLE_OUTPUT;
  const [usual = 'human'] = spec.formats;
  if (wanted === undefined || wanted === '') return { format: usual };
  if (spec.formats.includes(wanted)) return { format: wanted };
  // json and ndjson mean the machine format, whichever of the two a command has.
  if (errorsAsJson(wanted)) return { format: machineFormatOf(spec) };
  const has = spec.formats.join(', ');
  if (!ELSEWHERE.has(wanted)) {
    throw new HeddleError('usage', `HEDDLE_OUTPUT is ${quoted(wanted)}, which is no format`, {
      hint: `${command} writes: ${has}. Unset HEDDLE_OUTPUT or pass -o.`,
    });
  }
  return {
    format: usual,
    note: `note: HEDDLE_OUTPUT is ${quoted(wanted)}, which ${command} cannot write (it writes ${has}): ${usual} is used`,
  };
}

function machineFormatOf(spec: CommandSpec): string {
  return spec.formats.find(errorsAsJson) ?? spec.formats[0] ?? 'human';
}

/** For errors that come before the command line could be read: was a machine format asked for? */
export function machineAsked(argv: readonly string[], env: Readonly<Record<string, string | undefined>>): boolean {
  const end = argv.indexOf('--');
  const flags = end < 0 ? argv : argv.slice(0, end);
  let asked = errorsAsJson(env.HEDDLE_OUTPUT ?? '');
  // Its reader takes values: an error is told on stderr.
  if (flags.some((word) => /^--select(=|$)/.test(word))) return false;
  for (const [at, word] of flags.entries()) {
    if (word === '--json') asked = true;
    const value =
      /^(?:--output=|-o=?)(.+)$/.exec(word)?.[1] ?? (word === '-o' || word === '--output' ? flags[at + 1] : undefined);
    if (value !== undefined) asked = errorsAsJson(value);
  }
  return asked;
}
