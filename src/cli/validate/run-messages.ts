import { UNREAD_FRAME } from '../../contract/frame.ts';
import { HeddleError } from '../../errors.ts';
import { judgeMessages, type MessageVerdict } from '../../validate/messages.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { readInput } from '../read-input.ts';
import { counted } from '../screen/count.ts';
import { disarmLine } from '../screen/disarm.ts';
import type { Session } from '../session.ts';
import type { ValidateFormat } from './formats/list.ts';
import { onlyHumanOrJson } from './results.ts';

/** A recording of a bus may be long; it is held in memory while it is judged. */
const MAX_BYTES = 64 * 1024 * 1024;

export async function runMessages(
  session: Session<ValidateFormat>,
  args: readonly string[],
  name: string,
  acceptFrames: boolean,
): Promise<ExitCode> {
  if (args.length > 0) throw new HeddleError('usage', 'validate: --messages takes no further files');
  onlyHumanOrJson(session, '--messages');
  const bytes = await readInput({ name, flag: '--messages' }, session.io, session.stop, MAX_BYTES);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new HeddleError('input_invalid', `${name} is not UTF-8 text; actors skip such messages`);
  }
  const verdicts = [...judgeMessages(text, { acceptFrames })];
  const invalid = verdicts.filter(({ valid }) => !valid).length;
  if (session.machine) {
    const messages = verdicts.map(({ detail, ...rest }) => ({ ...rest, detail: detail ?? null }));
    session.json({
      schema_version: 1,
      ok: invalid === 0,
      file: name,
      summary: { messages: verdicts.length, invalid },
      messages,
    });
  } else {
    for (const verdict of verdicts) if (!verdict.valid || session.verbose) session.print(line(session, name, verdict));
    const total = `${counted(verdicts.length, 'message')}, ${invalid} invalid${kinds(verdicts)}`;
    session.print(invalid === 0 ? session.out.style.good(total) : session.out.style.bad(total));
    if (isMixed(verdicts)) session.talk.warn(MIXED);
    if (verdicts.some(({ detail }) => detail === UNREAD_FRAME)) session.talk.info(FRAMES_HINT);
  }
  return invalid === 0 ? EXIT.ok : EXIT.no;
}

/** Each refuses, or does not see, what the other writes. */
function isMixed(verdicts: readonly MessageVerdict[]): boolean {
  const frames = verdicts.filter(({ generation }) => generation === 'C').length;
  const bare = verdicts.filter(({ generation }) => generation === 'A' || generation === 'B').length;
  return frames > 0 && bare > 0;
}

const FRAMES_HINT =
  'hint: Run routers, workers, pipelines and senders of one version of Heddle on a bus; on a bus of generation C, --accept-frames takes frames as messages.';
const MIXED = 'frames of generation C and bare messages stand side by side: no Heddle reads both';

function line(
  { out: { style } }: Session,
  name: string,
  { line, valid, kind, generation, detail }: MessageVerdict,
): string {
  const place = style.strong(disarmLine(`${name}:${line}:`));
  if (valid) return `${place} ${kind}, generation ${generation}`;
  return `${place} ${style.bad('error:')} ${kind === 'unknown' ? 'no message' : `no valid ${kind}`}: ${disarmLine(detail ?? '')}`;
}

/** ` (3 task/B, 1 result/A)` */
function kinds(verdicts: readonly MessageVerdict[]): string {
  const counts = new Map<string, number>();
  for (const { valid, kind, generation } of verdicts) {
    if (valid) counts.set(`${kind}/${generation}`, (counts.get(`${kind}/${generation}`) ?? 0) + 1);
  }
  const parts = [...counts].sort().map(([name, times]) => `${times} ${name}`);
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}
