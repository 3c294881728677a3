import type { DocumentProblem } from './problem.ts';
import { MAX_FILE_BYTES } from './text.ts';

// Why a file is no config that can be read, in words.

/** Python's recursion limit ends PyYAML between 486 and 489 levels, depending on what is nested. */
export const MAX_DEPTH = 486;
/** About 80,000 lines of `key: value`; bounds time and memory on files that only look like configs. */
export const MAX_LEXEMES = 500_000;

export function tooLarge(bytes: number): DocumentProblem {
  return {
    code: 'too_large',
    message: `the file has ${bytes.toLocaleString('en')} bytes, the limit is ${MAX_FILE_BYTES.toLocaleString('en')}`,
    offset: 0,
    python: 'loads',
  };
}

export function tooDeep(offset: number): DocumentProblem {
  return {
    code: 'too_deep',
    message: `the values are nested more than ${MAX_DEPTH} levels deep, which Python cannot load`,
    offset,
    python: 'crash',
  };
}

export function tooComplex(offset: number): DocumentProblem {
  return {
    code: 'too_complex',
    message: `the file has more than ${MAX_LEXEMES.toLocaleString('en')} YAML tokens`,
    hint: 'A config has some hundreds; is this the right file?',
    offset,
    python: 'loads',
  };
}

export function secondDocument(offset: number): DocumentProblem {
  return {
    code: 'multiple_documents',
    message: 'the file holds more than one YAML document',
    hint: 'Keep one config per file; remove the second --- and what follows it.',
    offset,
    python: 'invalid',
  };
}

export function endsNothing(offset: number): DocumentProblem {
  return { code: 'syntax', message: 'the ... ends a document that was not begun', offset, python: 'invalid' };
}

/** A complaint of the parser's. */
interface ParserError {
  readonly code: string;
  readonly message: string;
  readonly pos: readonly [number, number];
}

/** PyYAML takes `[a,# comment` and `"text"# comment`. */
const COMMENT_TOUCHES = /^Comments must be separated/;
/** And `&name: value`, where a key is not there and has a name. */
const ANCHOR_TOUCHES = /^Tags and anchors must be separated/;

/** Whether PyYAML reads on where the parser complains. */
export function isTaken({ message, pos }: ParserError, text: string): boolean {
  return COMMENT_TOUCHES.test(message) || (ANCHOR_TOUCHES.test(message) && text[pos[0]] === ':');
}

export function syntaxProblem(error: ParserError, text: string): DocumentProblem {
  return { code: 'syntax', ...inOurWords(error, text), offset: error.pos[0], python: 'invalid' };
}

const IN_QUOTES = 'Put the whole value in quotes.';

/** The mistakes that people make most say what to do; of the others, the parser's words as one clause of ours. */
function inOurWords({ code, message, pos }: ParserError, text: string): Pick<DocumentProblem, 'message' | 'hint'> {
  const line = message.split('\n')[0]!.replace(/[.:]$/, '');
  const words = { message: line.charAt(0).toLowerCase() + line.slice(1) };
  if (code === 'BAD_SCALAR_START') return { ...words, hint: IN_QUOTES };
  if (code === 'BLOCK_AS_IMPLICIT_KEY' && line.startsWith('Nested mappings')) {
    const end = text.indexOf('\n', pos[0]);
    return /:(?:\s|$)/.test(text.slice(pos[0], end === -1 ? text.length : end))
      ? { message: 'a value may not hold a colon and a space outside quotes', hint: IN_QUOTES }
      : {
          message: 'a key stands indented below this value',
          hint: 'Start the key in the column of the keys above it.',
        };
  }
  if (code === 'BAD_INDENT' && line.startsWith('All mapping items')) {
    return { ...words, hint: 'Start a key in the column of the keys above it; indent text below its key.' };
  }
  return words;
}
