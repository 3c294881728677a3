/** Inside the broker text is one character a byte, because the protocol is bytes. These two are its border. */
export function toWire(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

export function fromWire(text: string): string {
  return Buffer.from(text, 'latin1').toString('utf8');
}
