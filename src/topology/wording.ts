import type { Connection } from './connection.ts';

/** A name is the client's own choice; a sentence stays a sentence. */
const LONGEST_NAME = 60;

/** `python3 2.14.0 at 127.0.0.1:51724`, or the name that the client gave itself. */
export function describeConnection({ name, lang, version, address, cid }: Connection): string {
  const who = name === undefined ? [lang ?? 'client', version].filter(Boolean).join(' ') : `"${shortened(name)}"`;
  return address === undefined ? `${who} (connection ${cid})` : `${who} at ${address}`;
}

function shortened(name: string): string {
  const characters = [...name.slice(0, 2 * LONGEST_NAME)];
  return characters.length <= LONGEST_NAME ? name : `${characters.slice(0, LONGEST_NAME - 1).join('')}…`;
}

/** At most three of them in full. */
export function who(connections: readonly Connection[]): string {
  const shown = connections.slice(0, 3).map(describeConnection);
  const more = connections.length - shown.length;
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ');
}

export function inBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1024 * 1024 ? `${(bytes / 1024).toFixed(1)} KiB` : `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

export function plural(count: number, word: string): string {
  return count === 1 ? word : `${word}s`;
}
