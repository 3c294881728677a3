import { HeddleError } from '../errors.ts';
import type { CommandSpec } from './command.ts';
import { errorsAsJson, type FrameFlags } from './flags/frame.ts';
import { quoted } from './screen/disarm.ts';
import type { Session } from './session.ts';

/** How one format writes an answer: made for a run, loaded when it is asked for. */
export type Format<Writer> = (session: Session) => Writer | Promise<Writer>;

/** A command's formats by name, the default first. What it declares is the names of these. */
export type Formats<Writer> = Readonly<Record<string, Format<Writer>>>;

const FOR_PEOPLE = new Set(['human', 'short']);

export function isMachineFormat(format: string): boolean {
  return !FOR_PEOPLE.has(format);
}

/** `-o` over `--json` over HEDDLE_OUTPUT over the command's first format. */
export function resolveFormat(
  command: string,
  spec: CommandSpec,
  { output, json }: FrameFlags,
  env: Readonly<Record<string, string | undefined>>,
): string {
  if (output !== undefined) return output;
  if (json) return machineFormatOf(spec);
  const wanted = env.HEDDLE_OUTPUT;
  if (wanted === undefined || wanted === '') return spec.formats[0] ?? 'human';
  if (spec.formats.includes(wanted)) return wanted;
  // One setting for a whole script: json and ndjson mean the machine format, whichever of the two a command has.
  if (errorsAsJson(wanted)) return machineFormatOf(spec);
  throw new HeddleError('usage', `HEDDLE_OUTPUT is ${quoted(wanted)}, which ${command} cannot write`, {
    hint: `${command} writes: ${spec.formats.join(', ')}. Unset HEDDLE_OUTPUT or pass -o.`,
  });
}

function machineFormatOf(spec: CommandSpec): string {
  return spec.formats.find(errorsAsJson) ?? spec.formats[0] ?? 'human';
}

/** For errors that come before the command line could be read: was a machine format asked for? */
export function machineAsked(argv: readonly string[], env: Readonly<Record<string, string | undefined>>): boolean {
  const end = argv.indexOf('--');
  const flags = end < 0 ? argv : argv.slice(0, end);
  let asked = errorsAsJson(env.HEDDLE_OUTPUT ?? '');
  for (const [at, word] of flags.entries()) {
    if (word === '--json') asked = true;
    const value =
      /^(?:--output=|-o=?)(.+)$/.exec(word)?.[1] ?? (word === '-o' || word === '--output' ? flags[at + 1] : undefined);
    if (value !== undefined) asked = errorsAsJson(value);
  }
  return asked;
}
