import { createPrivateKey, createPublicKey, sign } from 'node:crypto';

/** An Ed25519 key in NATS clothes: base32 text, a kind byte in front, a CRC at the end. */
export interface Nkey {
  /** `U…` for a user. */
  readonly publicKey: string;
  /** Signs the server's challenge; base64. */
  sign(nonce: string): string;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
/** Two bytes of kind, 32 of key, two of checksum. */
const SEED_LETTERS = 58;
const SEED_KIND = 18 << 3;
/** What stands before the 32 bytes of an Ed25519 private key in its PKCS 8 form. */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');
const PUBLIC_BYTES = 32;

/** Undefined when the text is no seed. Never throws, so that no error can carry a part of the seed. */
export function nkeyFromSeed(text: string): Nkey | undefined {
  const letters = text.trim();
  const raw = letters.length === SEED_LETTERS ? fromBase32(letters) : undefined;
  if (raw === undefined) return undefined;
  const body = raw.subarray(0, 34);
  if (raw.readUInt16LE(34) !== crc16(body)) return undefined;
  const [first = 0, second = 0] = body;
  if ((first & 0xf8) !== SEED_KIND) return undefined;
  const kind = ((first & 7) << 5) | (second >> 3);

  const key = createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, body.subarray(2)]), format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
  const named = Buffer.concat([Buffer.from([kind]), spki.subarray(spki.length - PUBLIC_BYTES)]);
  const check = Buffer.alloc(2);
  check.writeUInt16LE(crc16(named));
  return {
    publicKey: toBase32(Buffer.concat([named, check])),
    sign: (nonce) => sign(null, Buffer.from(nonce), key).toString('base64'),
  };
}

function fromBase32(text: string): Buffer | undefined {
  const bytes: number[] = [];
  let held = 0;
  let bits = 0;
  for (const letter of text) {
    const value = ALPHABET.indexOf(letter);
    if (value < 0) return undefined;
    held = ((held << 5) | value) & 0xffff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((held >> bits) & 0xff);
    }
  }
  return Buffer.from(bytes);
}

function toBase32(bytes: Buffer): string {
  let text = '';
  let held = 0;
  let bits = 0;
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xffff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET[(held >> bits) & 31];
    }
  }
  return bits === 0 ? text : text + ALPHABET[(held << (5 - bits)) & 31];
}

/** CRC-16/XMODEM. */
function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff;
  }
  return crc;
}
