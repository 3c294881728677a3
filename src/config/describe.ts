import { closest } from '../suggest.ts';
import { type Node, pythonType, type ScalarNode } from './node.ts';

/** A value as a reader of the file sees it: `the number 90`, `the text "a"`, `a list`. */
export function describe(node: Node): string {
  switch (node.kind) {
    case 'map':
      return node.entries.size === 0 ? 'an empty mapping' : 'a mapping';
    case 'seq':
      return node.items.length === 0 ? 'an empty list' : 'a list';
    case 'other':
      return `a ${pythonType(node)}`;
  }
  switch (node.type) {
    case 'NoneType':
      return 'null';
    case 'str':
      return `the text ${quote(node.value as string)}`;
    case 'bool':
      return `the truth value ${String(node.value)}`;
    case 'int':
    case 'float':
      return `the number ${shown(node)}`;
    case 'date':
    case 'datetime':
      return `the ${node.type === 'date' ? 'date' : 'time'} ${node.text}`;
    case 'bytes':
      return 'bytes';
  }
}

/** For messages: quoted, on one line, not longer than a reader wants. */
export function quote(text: string): string {
  const short = text.length > 60 ? `${text.slice(0, 60)}...` : text;
  return JSON.stringify(short);
}

export function list(names: Iterable<string>): string {
  return [...names].map((name) => `'${name}'`).join(', ');
}

/** Why a value that should be text is none, and how to write it. */
export function asTextHint(node: Node): string | undefined {
  if (node.kind !== 'scalar' || node.type === 'str' || node.style !== 'plain' || node.text === '') return undefined;
  const quoted = JSON.stringify(node.text);
  if (node.type === 'NoneType') return `for the text write ${quoted}`;
  const meaning = surprise(node);
  return meaning === undefined ? `for the text write ${quoted}` : `${meaning}; for the text write ${quoted}`;
}

/** What YAML 1.1 makes of a plain word that most people would expect to mean itself. */
export function surprise(node: ScalarNode): string | undefined {
  if (node.style !== 'plain') return undefined;
  const { text } = node;
  switch (node.type) {
    case 'bool':
      return /^(?:true|false)$/i.test(text) ? undefined : `YAML 1.1 reads ${text} as ${String(node.value)}`;
    case 'int':
    case 'float':
      if (text.includes(':')) return `YAML 1.1 reads ${text} as a base-60 number, ${shown(node)}`;
      if (/^[-+]?0[0-7_]+$/.test(text)) return `YAML 1.1 reads ${text} as octal, ${shown(node)}`;
      return undefined;
    case 'date':
    case 'datetime':
      return `YAML 1.1 reads ${text} as a ${node.type === 'date' ? 'date' : 'time'}`;
    case 'str':
      if (/^[-+]?[0-9][0-9_]*(?:\.[0-9_]*)?[eE][0-9]+$/.test(text))
        return `YAML 1.1 reads ${text} as text (an exponent needs a dot and a sign)`;
      if (/^[-+]?0o[0-7]+$/.test(text)) return `YAML 1.1 reads ${text} as text (octal has no o)`;
      if (/^0[0-9]*[89][0-9]*$/.test(text))
        return `YAML 1.1 reads ${text} as text (0 starts octal, which has no 8 or 9)`;
      return undefined;
    default:
      return undefined;
  }
}

/** How to write the number that such a text was meant to be. */
export function asNumberHint(node: Node): string | undefined {
  if (node.kind !== 'scalar' || node.type !== 'str') return undefined;
  if (node.style === 'plain') {
    const meaning = surprise(node);
    if (meaning === undefined) return undefined;
    const value = Number(node.text);
    return Number.isFinite(value) ? `${meaning}; write ${value}` : meaning;
  }
  return /^[-+]?[0-9.]+$/.test(node.text) ? `remove the quotes` : undefined;
}

function shown(node: ScalarNode): string {
  const text = node.type === 'float' && /^[-+]?[0-9.]+$/.test(node.text) ? node.text : String(node.value);
  return text.length > 30 ? `${text.slice(0, 30)}...` : text;
}

/** "LOCAL" and " local" are no tier to Heddle. */
export function nearest(value: string, of: readonly string[]): string | undefined {
  const simple = value.trim().toLowerCase();
  if (of.includes(simple)) return `write ${simple}: case and spaces count`;
  const [near] = closest(value, of);
  return near === undefined ? undefined : `did you mean '${near}'?`;
}
