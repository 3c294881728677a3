import { isJsonObject } from '../../contract/json.ts';
import { disarmLine } from '../screen/disarm.ts';

/** A contract in words, one promise a line. */
export function contractLines(contract: unknown): readonly string[] {
  return linesOf(contract, '').map(disarmLine);
}

function linesOf(value: unknown, path: string): readonly string[] {
  if (Array.isArray(value)) {
    if (value.every((each) => !isJsonObject(each)))
      return [`${path}: ${value.length === 0 ? 'none' : value.join(', ')}`];
    return value.flatMap((each: unknown) => {
      const name = isJsonObject(each) && typeof each.name === 'string' ? each.name : '';
      return linesOf(each, `${path}.${name}`);
    });
  }
  if (!isJsonObject(value)) return [`${path}: ${value === null ? 'none' : String(value)}`];
  return Object.entries(value)
    .filter(([key]) => key !== 'schema_version' && !(path.includes('.') && key === 'name'))
    .flatMap(([key, each]) => linesOf(each, path === '' ? key : `${path}.${key}`));
}
