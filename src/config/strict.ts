import type { DocumentProblem } from './problem.ts';

/** The parts of the parser's concrete tokens that are read here. */
export interface RawToken {
  type: string;
  offset: number;
  indent?: number;
  source?: string;
  start?: unknown;
  items?: readonly RawItem[];
  value?: unknown;
  end?: unknown;
  props?: unknown;
}
export interface RawItem {
  start?: unknown;
  key?: unknown;
  sep?: unknown;
  value?: unknown;
}

/** A line that begins or ends a document, wherever it stands. */
const DOCUMENT_MARKER = /^(?:---|\.\.\.)(?=\s|$)/m;
const ANCHOR = /^[&*][0-9A-Za-z_-]+$/;

/**
 * True when a text holds something that PyYAML refuses and the `yaml` package lets pass, so that its tokens need a look.
 * Most configs hold none of it and pay only for this one test.
 */
export function isSuspicious(text: string): boolean {
  return (
    /\t|\?|%|![^\s,[\]{}]*[,\]}]|[|>][-+\d]*#|(?:^|[\s[{,])(?:[&*][^\s]*[^0-9A-Za-z_\-\s]|:[^\s])|["'\]}]::/m.test(
      text,
    ) || DOCUMENT_MARKER.test(text.slice(1))
  );
}

/** The first thing in the tokens of a document that PyYAML refuses. */
export function strictProblem(token: RawToken, text: string): DocumentProblem | undefined {
  let first: DocumentProblem | undefined;
  const refuse = (offset: number, message: string): void => {
    if (first === undefined || offset < first.offset) first = { code: 'syntax', message, offset, python: 'invalid' };
  };
  const visit = (value: unknown, flow: boolean): void => {
    if (Array.isArray(value)) {
      for (const part of value) visit(part, flow);
      return;
    }
    if (typeof value !== 'object' || value === null) return;
    const token = value as RawToken;
    const inFlow = flow || token.type === 'flow-collection';
    checkToken(token, flow, text, refuse);
    visit(token.start, flow);
    visit(token.props, flow);
    for (const item of token.items ?? []) {
      visit(item.start, inFlow);
      visit(item.key, inFlow);
      visit(item.sep, inFlow);
      visit(item.value, inFlow);
    }
    visit(token.value, flow);
    visit(token.end, flow);
  };
  visit(token, false);
  return first;
}

function checkToken(
  token: RawToken,
  flow: boolean,
  text: string,
  refuse: (offset: number, message: string) => void,
): void {
  const source = token.source;
  if (source === undefined) return;
  switch (token.type) {
    case 'space':
    case 'doc-start':
    case 'scalar': {
      const tab = source.indexOf('\t');
      if (tab !== -1) refuse(token.offset + tab, 'a tab may not stand between the words of YAML; write spaces');
      if (token.type === 'scalar' && flow) {
        const mark = source.indexOf('?');
        if (mark !== -1) refuse(token.offset + mark, 'a plain ? inside [] or {} starts a key');
        if (source.startsWith(':')) refuse(token.offset, 'a value inside [] or {} may not start with a colon');
        refuseMarker(token.offset, source, text, refuse);
      }
      break;
    }
    case 'single-quoted-scalar':
    case 'double-quoted-scalar':
      refuseMarker(token.offset, source, text, refuse);
      break;
    case 'block-scalar-header':
      if (text[token.offset + source.length] === '#')
        refuse(token.offset + source.length, 'a comment behind | or > needs a space before it');
      break;
    case 'tag':
      // PyYAML takes it for a part of the tag, or for none.
      if (flow && /[,\]}]/.test(text[token.offset + source.length] ?? ''))
        refuse(token.offset, `the tag ${JSON.stringify(source)} needs a space after it`);
      break;
    case 'anchor':
    case 'alias':
      if (!ANCHOR.test(source))
        refuse(token.offset, `${JSON.stringify(source)} is not a name of letters, digits, - and _`);
      break;
  }
}

function refuseMarker(
  offset: number,
  source: string,
  text: string,
  refuse: (offset: number, message: string) => void,
): void {
  const atLineStart = offset === 0 || text[offset - 1] === '\n';
  const found = (atLineStart ? DOCUMENT_MARKER : /\n(?:---|\.\.\.)(?=\s|$)/).exec(source);
  if (found !== null) refuse(offset + found.index, '--- and ... end the document, also inside a value');
}

/** `%YAML 2.0` is another language; `%YAML 1.2` is read as 1.1. */
export function directiveProblem(source: string, offset: number): DocumentProblem | undefined {
  const version = /^%YAML +(\d+)\./.exec(source);
  if (version !== null && version[1] !== '1') {
    return { code: 'syntax', message: 'only YAML 1 can be read', offset, python: 'invalid' };
  }
  return undefined;
}
