import { disarm } from '../disarm.ts';
import { displayWidth } from '../width.ts';

/** Text in lines of at most `width` columns, each after `indent`; a word that is wider stays whole. */
export function wrapped(text: string, width: number, indent: string): string[] {
  return disarm(text)
    .split('\n')
    .flatMap((paragraph) => wrapParagraph(paragraph, Math.max(20, width - indent.length)))
    .map((line) => `${indent}${line}`);
}

function wrapParagraph(paragraph: string, room: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of paragraph.split(' ')) {
    if (line !== '' && displayWidth(line) + 1 + displayWidth(word) > room) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  lines.push(line);
  return lines;
}
