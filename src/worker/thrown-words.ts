const NO_REASON = 'the handler failed without a reason';

/** What a handler threw, as the text of a failed result. It can be anything at all, and looking at it can throw again. */
export function thrownWords(thrown: unknown): string {
  try {
    if (typeof thrown !== 'object' || thrown === null) return String(thrown) || NO_REASON;
    const { message, name } = thrown as { readonly message?: unknown; readonly name?: unknown };
    for (const words of [message, name]) if (words !== undefined && words !== '') return String(words);
    return thrown instanceof Error ? NO_REASON : JSON.stringify(thrown);
  } catch {
    return 'the handler failed with something that cannot be shown';
  }
}
