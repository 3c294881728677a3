import { isLoopback } from '../../listen.ts';
import type { Section } from '../section.ts';

/** Where the public keys of an issuer are. */
export type KeyPlace = { readonly file: string } | { readonly url: string };

/** Of what stands below `jwks`. Whoever could change the keys on their way could sign anything, so they come by https. */
export function keyPlaceOf(section: Section, written: string): KeyPlace {
  const node = section.map.entries.get('jwks')?.value;
  if (node !== undefined && !isKeyPlace(written)) {
    section.bad('jwks', node, 'must be file:<path> or an https address');
  }
  return written.startsWith(FILE) ? { file: written.slice(FILE.length) } : { url: written };
}

const FILE = 'file:';

function isKeyPlace(text: string): boolean {
  if (text.startsWith(FILE)) return text.length > FILE.length;
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  return username + password === '' && (protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname)));
}
