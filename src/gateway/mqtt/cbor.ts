import { HeddleError } from '../../errors.ts';

/** A payload as JSON text. Throws, in words, what is no CBOR, or says what JSON has no words for. */
export type CborReader = (bytes: Uint8Array) => string;

/** Nobody has to install it whose devices speak something else. */
export async function loadCbor(): Promise<CborReader> {
  try {
    const { decode } = await import('cborg');
    return (bytes) => textOf(decode(bytes, OPTIONS));
  } catch (cause) {
    throw new HeddleError('settings_invalid', `the package cborg is needed for 'body: cbor', and cannot be loaded`, {
      hint: 'Install it beside this program: npm install cborg@6 (it is optional, so that nobody has it who does not need it).',
      cause,
    });
  }
}

const OPTIONS = {
  rejectDuplicateMapKeys: true,
  // Small devices write numbers for names.
  useMaps: true,
  tags: {
    // Times, as text and as a number; whole numbers of any size.
    0: (inner: () => unknown) => inner(),
    1: (inner: () => unknown) => inner(),
    2: (inner: () => unknown) => wholeOf(inner()),
    3: (inner: () => unknown) => -1n - wholeOf(inner()),
  },
};

/** To write a number takes the square of its length. */
const LONGEST_NUMBER = 64;

function wholeOf(bytes: unknown): bigint {
  if (!(bytes instanceof Uint8Array)) throw new Error('a large number is no bytes');
  if (bytes.length > LONGEST_NUMBER) throw new Error(`a whole number of ${bytes.length} bytes`);
  return bytes.length === 0 ? 0n : BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
}

/** Whole numbers keep their digits; what JSON does not have is refused, and bytes are base64. */
function textOf(value: unknown): string {
  switch (typeof value) {
    case 'bigint':
      return String(value);
    case 'number':
      if (!Number.isFinite(value)) throw new Error('it holds NaN or an infinity');
      return JSON.stringify(value);
    case 'undefined':
      return 'null';
    case 'object':
      if (value instanceof Uint8Array) return JSON.stringify(Buffer.from(value).toString('base64'));
      if (value instanceof Map) return mapText(value);
      if (Array.isArray(value)) return `[${value.map(textOf).join(',')}]`;
      return JSON.stringify(value);
    default:
      return JSON.stringify(value);
  }
}

function mapText(map: ReadonlyMap<unknown, unknown>): string {
  const names = new Set<string>();
  const members = [...map].map(([key, value]) => {
    if (typeof key !== 'string' && typeof key !== 'bigint' && !Number.isInteger(key)) {
      throw new Error('it names something by what is neither text nor a whole number');
    }
    const name = String(key);
    if (names.has(name)) throw new Error(`it names ${JSON.stringify(name.slice(0, 40))} twice`);
    names.add(name);
    return `${JSON.stringify(name)}:${textOf(value)}`;
  });
  return `{${members.join(',')}}`;
}
