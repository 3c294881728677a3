import { isUtf8 } from 'node:buffer';
import type { BodyForm } from '../../config/views/gateway-config/mqtt-config.ts';
import { compactJson } from '../../contract/compact-json.ts';
import { type JsonBody, readJsonBody } from '../../http/json-body.ts';
import { DEFAULT_LIMITS } from '../../http/limits.ts';
import { gatewayProblem } from '../problems.ts';
import { asJson } from '../webhook/body.ts';
import type { CborReader } from './cbor.ts';

const NUMBER = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/;

/**
 * The bytes of a message, as a value and as the JSON text that a task will have. Throws a problem that says what is wrong. `readCbor`:
 * where a rule asks for that form.
 */
export function readMqttBody(payload: Uint8Array, form: BodyForm, readCbor?: CborReader): JsonBody {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  switch (form) {
    case 'json': {
      const { value, text } = readJsonBody(bytes, DEFAULT_LIMITS);
      return { value, text: compactJson(text) };
    }
    case 'number': {
      const text = plainNumber(utf8(bytes).trim());
      return { value: Number(text), text };
    }
    case 'text':
      return asJson(utf8(bytes));
    case 'hex':
    case 'base64':
      return asJson(bytes.toString(form));
    case 'cbor':
      return readJsonBody(cborAsJson(bytes, readCbor), DEFAULT_LIMITS);
  }
}

function cborAsJson(bytes: Buffer, read: CborReader | undefined): Buffer {
  if (read === undefined) throw new Error('CBOR was to be read, and its reader is not loaded');
  let text: string;
  try {
    text = read(bytes);
  } catch (thrown) {
    const why =
      thrown instanceof RangeError ? 'nested too deeply' : thrown instanceof Error ? thrown.message : 'unknown';
    throw unreadable(`cannot be read as CBOR: ${why.replace(/^CBOR decode error: /, '')}`);
  }
  // What is no UTF-8 was replaced without a word.
  if (text.includes('\ufffd') && !bytes.includes('\ufffd')) throw unreadable('holds text that is no UTF-8');
  return Buffer.from(text);
}

/** As JSON writes it, with every digit; no NaN, no infinity, no comma. */
function plainNumber(text: string): string {
  const [, sign, whole = '', fraction = '', exponent] = NUMBER.exec(text) ?? [];
  if (sign === undefined || whole + fraction === '')
    throw unreadable(`is no number: ${JSON.stringify(text.slice(0, 40))}`);
  const digits = whole.replace(/^0+(?=\d)/, '') || '0';
  const rest = `${fraction === '' ? '' : `.${fraction}`}${exponent === undefined ? '' : `e${exponent}`}`;
  const written = `${sign === '-' ? '-' : ''}${digits}${rest}`;
  if (!Number.isFinite(Number(written))) throw unreadable('is no number that can be told from infinity');
  return written;
}

function utf8(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw unreadable('is no UTF-8');
  return bytes.toString();
}

function unreadable(what: string) {
  return gatewayProblem('unmapped_delivery', {
    detail: `the payload ${what}`,
    errors: [{ pointer: '/body', problem: what }],
  });
}
