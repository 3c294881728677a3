import { Composer, CST, type Document, isMap, isScalar, isSeq, Lexer, Parser } from 'yaml';
import { build, type Refold } from './build.ts';
import { joinFlowLines, joinHeaders, refoldable, standsAlone } from './flow.ts';
import type { Node } from './node.ts';
import type { DocumentProblem } from './problem.ts';
import { quickTree } from './quick.ts';
import { asItEnds, type Classify } from './raw-node.ts';
import {
  endsNothing,
  isTaken,
  MAX_DEPTH,
  MAX_LEXEMES,
  secondDocument,
  syntaxProblem,
  tooComplex,
  tooDeep,
  tooLarge,
} from './reading-problems.ts';
import { asPyYamlLexes } from './relex.ts';
import { directiveProblem, isSuspicious, type RawToken, strictProblem } from './strict.ts';
import { decode, forbiddenCharacter, LineIndex, MAX_FILE_BYTES, type Position, withPlainBreaks } from './text.ts';

/** Where things stand in one file; outlives the document without holding its nodes. */
export interface Locator {
  /** As the file was named or found; what findings show. */
  readonly path: string;
  position(offset: number): Position;
  line(number: number): string;
}

/** One config file, read as PyYAML's SafeLoader reads it. */
export interface ConfigDocument extends Locator {
  readonly text: string;
  /** Absent when `problems` says why nothing could be read. An empty file has a root of null. */
  readonly root: Node | undefined;
  readonly problems: readonly DocumentProblem[];
}

/** Strings stay strings here: what a plain scalar means is decided in scalar.ts. */
const OPTIONS = { schema: 'failsafe', uniqueKeys: false, resolveKnownTags: false, logLevel: 'silent' } as const;

const classify: Classify = (node) => (isScalar(node) ? 'scalar' : isMap(node) ? 'map' : isSeq(node) ? 'seq' : 'alias');

export function readDocument(path: string, bytes: Uint8Array): ConfigDocument {
  if (bytes.byteLength > MAX_FILE_BYTES) return unreadableDocument(path, tooLarge(bytes.byteLength));
  const { text, problem } = decode(bytes);
  return problem === undefined ? readText(path, text) : finish(path, text, undefined, [problem]);
}

/** A document that could not be read at all. */
export function unreadableDocument(path: string, problem: DocumentProblem): ConfigDocument {
  return finish(path, '', undefined, [problem]);
}

/** `quick: false` takes the long way always; for tests, which hold the two to the same trees. */
export function readText(path: string, text: string, { quick = true } = {}): ConfigDocument {
  const forbidden = forbiddenCharacter(text);
  if (forbidden !== undefined) return finish(path, text, undefined, [forbidden]);
  const plain = withPlainBreaks(text);
  const suspicious = isSuspicious(plain);
  let parsed = parse(plain, suspicious, quick);
  if (parsed.root !== undefined) return finish(path, text, parsed.root, []);
  let refold: Refold | undefined;
  if (parsed.indented) {
    const again = parse(joinFlowLines(joinHeaders(plain)), suspicious, false);
    if (again.problem === undefined) {
      parsed = again;
      refold = (start, end, style) => {
        const alone = refoldable(plain.slice(start, end), style);
        const contents = alone === undefined ? undefined : parse(alone, false, false).document?.contents;
        return isScalar(contents) ? contents.source : undefined;
      };
    }
  }
  if (parsed.problem !== undefined) return finish(path, text, undefined, [parsed.problem]);
  const { root, problems } = build(parsed.document?.contents, plain, classify, refold);
  return finish(path, text, problems.length > 0 ? undefined : root, problems);
}

function finish(
  path: string,
  text: string,
  root: Node | undefined,
  problems: readonly DocumentProblem[],
): ConfigDocument {
  const lines = new LineIndex(text);
  return {
    path,
    text,
    root,
    problems,
    position: (offset) => lines.position(offset),
    line: (number) => lines.line(number),
  };
}

interface Parsed {
  /** Set when the short way was enough. */
  root?: Node;
  document?: Document.Parsed | undefined;
  problem?: DocumentProblem | undefined;
  /** The complaint may be about the indentation of a [], a {} or a quoted value. */
  indented?: boolean;
}

function parse(text: string, suspicious: boolean, quick = true): Parsed {
  // Each complaint of the parser is an Error; without this each would also record where it was made.
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return drive(text, suspicious, quick);
  } finally {
    Error.stackTraceLimit = limit;
  }
}

function drive(text: string, suspicious: boolean, quick: boolean): Parsed {
  const parser = new Parser();
  const tokens: RawToken[] = [];
  const keep = (token: unknown): void => void tokens.push(token as RawToken);
  let lexemes = 0;
  const relex = asPyYamlLexes(text);
  for (const lexeme of new Lexer().lex(text)) {
    lexemes += 1;
    if (lexemes > MAX_LEXEMES) return { problem: tooComplex(parser.offset) };
    const instead = relex(lexeme, parser.offset);
    if (instead === undefined) for (const token of parser.next(lexeme)) keep(token);
    else for (const each of instead) for (const token of parser.next(each)) keep(token);
    // The parser's stack holds the document too.
    if (parser.stack.length > MAX_DEPTH + 1) return { problem: tooDeep(parser.offset) };
  }
  for (const token of parser.end()) keep(token);
  if (quick && !suspicious) {
    const root = readQuickly(tokens);
    if (root !== undefined) return { root };
  }
  return compose(text, tokens, suspicious);
}

/** One document, and beside it nothing but blanks and comments. */
function readQuickly(tokens: readonly RawToken[]): Node | undefined {
  const documents = tokens.filter((token) => token.type === 'document');
  const others = tokens.every(
    ({ type }) => type === 'document' || type === 'comment' || type === 'newline' || type === 'space',
  );
  return documents.length === 1 && others ? quickTree(documents[0]!, readBlock) : undefined;
}

function readBlock(token: RawToken): string | undefined {
  let refused = false;
  const scalar = CST.resolveAsScalar(token as unknown as CST.BlockScalar, true, () => {
    refused = true;
  });
  return refused ? undefined : asItEnds(scalar.value, token.source ?? '');
}

function compose(text: string, tokens: readonly RawToken[], suspicious: boolean): Parsed {
  const composer = new Composer(OPTIONS);
  const documents: Document.Parsed[] = [];
  let problem: DocumentProblem | undefined;
  let started = false;
  for (const [at, raw] of tokens.entries()) {
    if (started && endsAgain(tokens, at)) continue;
    if (problem === undefined && suspicious) {
      problem = raw.type === 'directive' ? directiveProblem(raw.source ?? '', raw.offset) : strictProblem(raw, text);
    }
    if (raw.type === 'doc-end' && !started) problem ??= endsNothing(raw.offset);
    started ||= raw.type === 'document' && (raw.value !== undefined || hasStart(raw.start));
    for (const document of composer.next(raw as unknown as Parameters<typeof composer.next>[0])) {
      documents.push(document as Document.Parsed);
    }
  }
  for (const document of composer.end(true, text.length)) documents.push(document as Document.Parsed);

  const [document, second] = documents;
  let indented = false;
  for (const error of document?.errors ?? []) {
    if (isTaken(error, text)) continue;
    if (error.code === 'BAD_INDENT' || error.code === 'MISSING_CHAR' || error.code === 'UNEXPECTED_TOKEN')
      indented = true;
    if (problem === undefined || error.pos[0] < problem.offset) {
      problem = syntaxProblem(error, text);
    }
  }
  if (problem === undefined && second !== undefined) problem = secondDocument(second.range[0]);
  return {
    document,
    problem,
    indented: (indented && /[[{"']/.test(text)) || (problem !== undefined && standsAlone(text)),
  };
}

/** One more end of what has ended: the parser sees an empty document before it. */
function endsAgain(tokens: readonly RawToken[], at: number): boolean {
  const empty = (token: RawToken | undefined): boolean =>
    token?.type === 'document' && token.value === undefined && !hasStart(token.start);
  const { type } = tokens[at]!;
  return type === 'doc-end' ? empty(tokens[at - 1]) : empty(tokens[at]) && tokens[at + 1]?.type === 'doc-end';
}

function hasStart(tokens: unknown): boolean {
  return Array.isArray(tokens) && tokens.some((token: RawToken) => token.type === 'doc-start');
}
