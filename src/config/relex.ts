// What PyYAML reads otherwise than the lexer does, told to the parser in the lexer's own words.

/** The parser's sign that the next lexeme is a scalar, whatever it looks like. */
const SCALAR = '\x1f';
/** A key that is not there. */
const NOTHING = [SCALAR, ''];

const AMPERSAND = 0x26;
const ANCHORED_NOTHING = /^&[\w-]+:$/;

/** For each lexeme what the parser gets instead; undefined where it gets the lexeme. `offset` is where it begins. */
export type Relex = (lexeme: string, offset: number) => readonly string[] | undefined;

/**
 * Inside [] and {} a - that touches what follows is a value, as in `[-]` and `{a: -, b: 1}`, and every ? begins a key, as in
 * `[?]` and `{?x: 1}`. The lexer says so of neither.
 */
export function asPyYamlLexes(text: string): Relex {
  let depth = 0;
  /** What follows is a scalar: the parser has been told so, or is told only when it is known which. */
  let scalar: 'told' | 'held' | undefined;
  let told = false;
  return (lexeme, offset) => {
    if (scalar !== undefined) {
      const known = scalar === 'told';
      scalar = undefined;
      if (known) return undefined;
      // Behind what is told otherwise here the lexer makes up an empty value.
      if (lexeme === '' && told) return [];
      if (!lexeme.startsWith('?')) return [SCALAR, lexeme];
      return ['?', SCALAR, lexeme.slice(1)];
    }
    if (lexeme === '[' || lexeme === '{') depth += 1;
    // An anchor ends before a colon, which then follows a key that is not there.
    if (lexeme.charCodeAt(0) === AMPERSAND && ANCHORED_NOTHING.test(lexeme))
      return [lexeme.slice(0, -1), ...NOTHING, ':'];
    if (depth === 0) return undefined;
    const instead = insteadOf(lexeme, offset);
    told = lexeme === SCALAR ? told : instead !== undefined;
    return instead;
  };

  function insteadOf(lexeme: string, offset: number): readonly string[] | undefined {
    switch (lexeme) {
      case SCALAR:
        // Nearly always it is one that goes on as it came.
        scalar = told || text[offset] === '?' ? 'held' : 'told';
        return scalar === 'held' ? [] : undefined;
      case ']':
      case '}':
        depth -= 1;
        return undefined;
      case '-':
        return /\s/.test(text[offset + 1] ?? ' ') ? undefined : [SCALAR, '-'];
      case '?':
        return /\s*[,\]}]/y.test(text.slice(offset + 1)) ? ['?', ...NOTHING] : undefined;
      default:
        return undefined;
    }
  }
}
