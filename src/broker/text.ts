/** Inside the broker text is one character a byte, because the protocol is bytes. These two are its border. */
export function toWire(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

export function fromWire(text: string): string {
  return Buffer.from(text, 'latin1').toString('utf8');
}

const MOST_TOKENS = 128;

/**
 * What a subject is to the broker: undefined when it is none, true when it stands for several. Bytes in a token are
 * the client's affair, as on a NATS server; only the number of tokens is bounded, because each costs memory.
 */
export function readSubject(subject: string): boolean | undefined {
  const tokens = subject.split('.');
  if (tokens.length > MOST_TOKENS || tokens.includes('')) return undefined;
  const rest = tokens.indexOf('>');
  if (rest >= 0 && rest !== tokens.length - 1) return undefined;
  return rest >= 0 || tokens.includes('*');
}
