import { scanMembers } from '../contract/members.ts';

/** Where a value stands in a message: keys and list places. */
export type Path = readonly (string | number)[];

const STEP = /^(?:\.?([^.[\]"=!~<>\s]+)|\[(\d{1,9})\]|\.?\["((?:[^"\\]|\\.)*)"\])/;

/** `output.items[0].name`; a key with other characters as `["a.b"]`. Undefined when it is none. */
export function readPath(text: string): { path: Path; rest: string } | undefined {
  const path: (string | number)[] = [];
  let rest = text.trimStart();
  for (;;) {
    const step = STEP.exec(rest);
    if (step === null || (path.length === 0 && rest.startsWith('.'))) break;
    const [whole, key, place, quoted] = step;
    if (key !== undefined) path.push(key);
    else if (place !== undefined) path.push(Number(place));
    else path.push(unescaped(quoted ?? ''));
    rest = rest.slice(whole.length);
  }
  return path.length === 0 ? undefined : { path, rest };
}

function unescaped(text: string): string {
  return text.replaceAll(/\\(.)/g, '$1');
}

/** Own members only: `constructor` and `__proto__` are keys like any other. */
export function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const step of path) {
    if (Array.isArray(value)) value = typeof step === 'number' ? value[step] : undefined;
    else if (typeof value === 'object' && value !== null) {
      const key = String(step);
      value = Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
    } else return undefined;
  }
  return value;
}

/** The characters of the value, for numbers that JavaScript cannot hold. Objects only: lists give undefined. */
export function textAt(text: string, path: Path): string | undefined {
  let start = 0;
  let end = text.length;
  for (const step of path) {
    const member = scanMembers(text, start)?.findLast(({ key }) => key === String(step));
    if (member === undefined) return undefined;
    start = member.valueStart;
    end = member.end;
  }
  return text.slice(start, end);
}
