/** The words Python uses for values, so that our messages read like the ones operators know from Heddle. */

/** `type(value).__name__` of what json.loads would have made. `isInteger` is for a caller who saw the number's text. */
export function pythonTypeName(value: unknown, isInteger?: boolean): string {
  if (value === null || value === undefined) return 'NoneType';
  if (Array.isArray(value)) return 'list';
  switch (typeof value) {
    case 'string':
      return 'str';
    case 'boolean':
      return 'bool';
    case 'number':
      return (isInteger ?? Number.isInteger(value)) ? 'int' : 'float';
    case 'bigint':
      return 'int';
    case 'object':
      return 'dict';
    default:
      return typeof value;
  }
}

/** `repr(number)` of a Python float. */
export function pythonFloat(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (Object.is(value, -0)) return '-0.0';
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e');
  const power = Number(exponent);
  // Python writes an exponent, of at least two digits, from 1e16 on and below 1e-4.
  if (power >= 16 || power < -4) {
    return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
  }
  const text =
    power < 0 ? value.toFixed(Math.min(100, mantissa.replace(/[-.]/g, '').length - 1 - power)) : String(value);
  return text.includes('.') ? text : `${text}.0`;
}

/** `repr(text)`: single quotes unless only those occur inside; what Python does not print is escaped. */
export function pythonRepr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  let body = '';
  for (const character of text) body += reprCharacter(character, quote);
  return quote + body + quote;
}

/** `repr(list_of_str)`, the form in which Heddle puts validation errors into `TaskResult.error`. */
export function pythonListRepr(texts: readonly string[]): string {
  return `[${texts.map(pythonRepr).join(', ')}]`;
}

const NAMED = new Map([
  ['\\', '\\\\'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);

/** `str.isprintable` is false for exactly these categories, the plain space excepted. */
const UNPRINTABLE = /[\p{C}\p{Z}]/u;

function reprCharacter(character: string, quote: string): string {
  if (character === quote) return `\\${character}`;
  if (character >= ' ' && character <= '~') return NAMED.get(character) ?? character;
  const named = NAMED.get(character);
  if (named !== undefined) return named;
  if (!UNPRINTABLE.test(character)) return character;
  const code = character.codePointAt(0) ?? 0;
  if (code <= 0xff) return `\\x${code.toString(16).padStart(2, '0')}`;
  if (code <= 0xffff) return `\\u${code.toString(16).padStart(4, '0')}`;
  return `\\U${code.toString(16).padStart(8, '0')}`;
}
