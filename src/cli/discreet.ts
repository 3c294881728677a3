import type { Io } from './io.ts';
import { hiding, isSecret, secretsAmong } from './screen/looks-secret.ts';
import type { Sink } from './sink.ts';
import { through } from './through.ts';

/**
 * A world that does not repeat what was typed in the wrong place: a word of the command line that is a secret beyond doubt is hidden
 * on stderr, and in the answer, too, unless that is `exact`. What only looks like one may be an id or a name that somebody needs.
 */
export function discreet(io: Io, argv: readonly string[], exact: boolean): Io {
  const secrets = secretsAmong(argv).filter(isSecret);
  if (secrets.length === 0) return io;
  const hidden = (sink: Sink): Sink =>
    through(sink, (chunk) => hiding(secrets, typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8')));
  // Not a copy: the working directory and the home directory are looked up when they are asked for.
  return Object.create(io, {
    stderr: { value: hidden(io.stderr) },
    ...(!exact && { stdout: { value: hidden(io.stdout) } }),
  });
}
