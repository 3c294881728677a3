/** Two steps that every walk over JSON text shares. */

export function skipSpace(text: string, at: number): number {
  for (let place = at; ; place += 1) {
    const code = text.charCodeAt(place);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return place;
  }
}

/** One past the closing quote of the string that opens at `at`; -1 when it is never closed. */
export function stringEnd(text: string, at: number): number {
  for (let from = at + 1; ; ) {
    const quote = text.indexOf('"', from);
    if (quote < 0) return -1;
    let before = quote - 1;
    while (before > at && text.charCodeAt(before) === 0x5c) before -= 1;
    // An even run of backslashes escapes itself, and the quote is a real one.
    if ((quote - before) % 2 === 1) return quote + 1;
    from = quote + 1;
  }
}
