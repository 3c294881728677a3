import { HeddleError } from '../errors.ts';

const LONGEST = 1000;

/** A regular expression of the user's: `text`, or `/text/i` for flags (i, s, u, m). */
export function compilePattern(written: string, flag: string): RegExp {
  const shown = JSON.stringify(written.slice(0, 120));
  if (written.length > LONGEST)
    throw new HeddleError('usage', `${flag}: the pattern has more than ${LONGEST} characters`);
  if (written === '') throw new HeddleError('usage', `${flag}: an empty pattern matches everything`);
  const [, source = written, flags = ''] = /^\/(.+)\/([isum]*)$/s.exec(written) ?? [];
  try {
    return new RegExp(source, flags);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.replace(/^Invalid regular expression: /, '') : '';
    throw new HeddleError('usage', `${flag}: ${shown} is no regular expression: ${reason}`, {
      hint: 'Put a backslash before . * + ? ( ) [ ] { } ^ $ | \\ to mean the character itself.',
      cause,
    });
  }
}
