import { skipSpace, stringEnd } from './json-text.ts';

/**
 * JSON as Python's json module reads it: NaN, Infinity and -Infinity are numbers. Tried only after JSON.parse refused a
 * text, because Python actors can put such numbers into dead letters. Never throws, and nests without using the stack.
 */
export type TolerantJson =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly at: number; readonly problem: string };

const SCALAR = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null|NaN|-?Infinity/y;

type Container = unknown[] | Record<string, unknown>;

export function parseTolerantJson(text: string): TolerantJson {
  const open: Container[] = [];
  const keys: string[] = [];
  let at = skipSpace(text, 0);
  let value: unknown;
  const fail = (problem: string): TolerantJson => ({ ok: false, at, problem });

  for (;;) {
    const first = text[at];
    if (first === '[' || first === '{') {
      const isArray = first === '[';
      at = skipSpace(text, at + 1);
      if (text[at] === (isArray ? ']' : '}')) {
        at += 1;
        value = isArray ? [] : {};
      } else {
        let key = '';
        if (!isArray) {
          const read = readKey(text, at);
          if (read === undefined) return fail('expected a key in double quotes and a colon');
          [key, at] = read;
        }
        open.push(isArray ? [] : {});
        keys.push(key);
        continue;
      }
    } else if (first === '"') {
      const end = stringEnd(text, at);
      const string = end < 0 ? undefined : parseString(text.slice(at, end));
      if (string === undefined) return fail('a string is not closed, or holds a raw control character or a bad escape');
      value = string;
      at = end;
    } else {
      SCALAR.lastIndex = at;
      const token = SCALAR.exec(text)?.[0];
      if (token === undefined) return fail(at >= text.length ? 'the text ends too early' : 'expected a value');
      value = scalar(token);
      at += token.length;
    }

    // `value` is complete: put it into what encloses it, and close every container that ends here.
    for (;;) {
      const container = open.at(-1);
      at = skipSpace(text, at);
      if (container === undefined) {
        return at === text.length ? { ok: true, value } : fail('unexpected text after the end of the value');
      }
      const isArray = Array.isArray(container);
      if (isArray) container.push(value);
      else put(container, keys.at(-1) ?? '', value);
      const next = text[at];
      if (next === ',') {
        at = skipSpace(text, at + 1);
        if (!isArray) {
          const read = readKey(text, at);
          if (read === undefined) return fail('expected a key in double quotes and a colon');
          keys[keys.length - 1] = read[0];
          at = read[1];
        }
        break;
      }
      if (next !== (isArray ? ']' : '}')) {
        return fail(at >= text.length ? 'the text ends too early' : `expected , or ${isArray ? ']' : '}'}`);
      }
      at += 1;
      value = open.pop();
      keys.pop();
    }
  }
}

/** Assignment would treat `__proto__` as the prototype; it is an ordinary key here, as in JSON.parse. */
function put(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== '__proto__') object[key] = value;
  else Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
}

function scalar(token: string): unknown {
  if (token === 'true') return true;
  if (token === 'false') return false;
  return token === 'null' ? null : Number(token);
}

/** The key, and where its value starts. */
function readKey(text: string, at: number): [string, number] | undefined {
  if (text[at] !== '"') return undefined;
  const end = stringEnd(text, at);
  const key = end < 0 ? undefined : parseString(text.slice(at, end));
  if (key === undefined) return undefined;
  const colon = skipSpace(text, end);
  return text[colon] === ':' ? [key, skipSpace(text, colon + 1)] : undefined;
}

function parseString(literal: string): string | undefined {
  try {
    return JSON.parse(literal) as string;
  } catch {
    return undefined;
  }
}
