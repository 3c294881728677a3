import { compactJson } from '../../../contract/compact-json.ts';

/** One JSON object on one line, whose last member is text that is JSON already and passes unchanged. */
export function withRaw(document: object, key: string, raw: string): string {
  const text = JSON.stringify(document);
  const comma = text === '{}' ? '' : ',';
  return `${text.slice(0, -1)}${comma}${JSON.stringify(key)}:${raw}}`;
}

/**
 * A message as it came, on one line: numbers keep every digit. Python may write NaN, which no JSON reader takes: then the
 * value is written anew, with null in its place.
 */
export function exactJson(text: string, value: unknown): string {
  if (text.includes('NaN') || text.includes('Infinity')) {
    try {
      JSON.parse(text);
    } catch {
      return JSON.stringify(value);
    }
  }
  return compactJson(text);
}
