import { readFileSync } from 'node:fs';
import { inProject } from './root.ts';

/** A fenced block of a page. */
export interface Block {
  readonly language: string;
  readonly marks: ReadonlyMap<string, string>;
  readonly text: string;
}

export function blocksOf(...page: string[]): Block[] {
  const text = readFileSync(inProject(...page), 'utf8');
  return [...text.matchAll(/^```(\w+)(.*)\n([\s\S]*?)^```$/gm)].map(([, language = '', info = '', body = '']) => ({
    language,
    marks: new Map(
      info
        .trim()
        .split(/\s+/)
        .map((mark) => [mark.split('=')[0] ?? '', mark.split('=')[1] ?? '']),
    ),
    text: body,
  }));
}

/** `…` is any text of a line, a line of nothing else any number of lines. */
export function pattern(expected: string, whole: boolean): RegExp {
  const lines = expected.trimEnd().split('\n');
  const body = lines
    .map((line) => (line === '…' ? '(?:.*\\n)*?' : `${line.split('…').map(escaped).join('.*')} *\\n`))
    .join('');
  // Without `m` the marks stand for the whole text; with it, for any line of it.
  return whole ? new RegExp(`^${body}\\s*$`) : new RegExp(`^${body}`, 'm');
}

const escaped = (text: string): string => text.replaceAll(/[\^$.*+?()[\]{}|/]/g, '\\$&').replaceAll(/ {2,}/g, ' +');
