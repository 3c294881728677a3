import { disarm } from './disarm.ts';
import { displayWidth } from './width.ts';

/**
 * Text in lines of at most `width` columns, each after `indent`; a word that is wider stays whole. `lead` columns of the first
 * line are taken by what stands there already.
 */
export function wrapped(text: string, width: number, indent: string, lead = 0): string[] {
  const room = Math.max(20, width - indent.length);
  return disarm(text)
    .split('\n')
    .flatMap((paragraph, at) => wrapParagraph(paragraph, room, at === 0 ? lead : 0))
    .map((line) => `${indent}${line}`);
}

function wrapParagraph(paragraph: string, room: number, lead: number): string[] {
  const lines: string[] = [];
  let line = '';
  let taken = lead;
  for (const word of wordsOf(paragraph)) {
    if (line !== '' && taken + displayWidth(line) + 1 + displayWidth(word) > room) {
      lines.push(line);
      line = word;
      taken = 0;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  lines.push(line);
  return lines;
}

/** A command that can be copied is one word: `'heddle-ts validate x.yaml'`. */
const COMMAND_BEGINS = /^[("]*'(?:heddle-ts|heddle|nats|npx|kubectl)$/;

function wordsOf(paragraph: string): string[] {
  const words: string[] = [];
  let command: string[] | undefined;
  for (const word of paragraph.split(' ')) {
    if (command === undefined && !COMMAND_BEGINS.test(word)) words.push(word);
    else {
      command = [...(command ?? []), word];
      if (!/'[).,;:"]*$/.test(word)) continue;
      words.push(command.join(' '));
      command = undefined;
    }
  }
  // One that never ends was none.
  return command === undefined ? words : [...words, ...command];
}

/**
 * A mark and the text that belongs to it: lines stand under the text of the first, whatever the width of the mark.
 * The first line comes without indent and mark, which the caller may style.
 */
export function afterMark(
  mark: string,
  text: string,
  width: number,
  indent: string,
): [first: string, ...rest: string[]] {
  const under = `${indent}  `;
  const [first = '', ...rest] = wrapped(text, width, under, displayWidth(mark) - 1);
  return [first.slice(under.length), ...rest];
}
