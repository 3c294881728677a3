/** The few signs that human output uses, and what stands for them where only ASCII can be shown. */
export interface Symbols {
  readonly ok: string;
  readonly fail: string;
  readonly warn: string;
  readonly skip: string;
  readonly arrow: string;
  readonly bullet: string;
  readonly ellipsis: string;
  /** From empty to full, for bars. */
  readonly bar: readonly string[];
}

const UNICODE: Symbols = {
  ok: '✓',
  fail: '✗',
  warn: '‼',
  skip: '–',
  arrow: '→',
  bullet: '•',
  ellipsis: '…',
  bar: [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'],
};

const ASCII: Symbols = {
  ok: '[ok]',
  fail: '[fail]',
  warn: '[!]',
  skip: '[skip]',
  arrow: '->',
  bullet: '*',
  ellipsis: '...',
  bar: [' ', '#'],
};

export function symbolsFor(unicode: boolean): Symbols {
  return unicode ? UNICODE : ASCII;
}

/** A bar of `width` columns, filled by `share` (0 to 1; what is outside counts as the nearer end). */
export function bar(symbols: Symbols, share: number, width: number): string {
  const bounded = Number.isFinite(share) ? Math.min(1, Math.max(0, share)) : 0;
  const steps = symbols.bar.length - 1;
  const filled = Math.round(bounded * width * steps);
  const whole = Math.floor(filled / steps);
  const rest = filled % steps;
  const partial = rest === 0 ? '' : symbols.bar[rest]!;
  return (symbols.bar[steps]!.repeat(whole) + partial).padEnd(width, symbols.bar[0]);
}
