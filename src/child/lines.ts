/** One line, or the news that a line was longer than allowed (its bytes are dropped, up to its end). */
export type Line = { readonly bytes: Uint8Array } | { readonly tooLong: number };

/**
 * Cuts a stream of bytes into lines at \n (a \r before it is dropped), holding at most `max` bytes of an unfinished one.
 */
export function lineSplitter(
  max: number,
  onLine: (line: Line) => void,
): { push(chunk: Uint8Array): void; end(): void } {
  let parts: Uint8Array[] = [];
  let held = 0;
  let dropped = 0;

  const take = (part: Uint8Array): void => {
    if (dropped > 0 || held + part.length > max) {
      dropped += held + part.length;
      parts = [];
      held = 0;
    } else if (part.length > 0) {
      parts.push(part);
      held += part.length;
    }
  };
  const close = (): void => {
    const line: Line = dropped > 0 ? { tooLong: dropped } : { bytes: withoutReturn(joined(parts)) };
    parts = [];
    held = 0;
    dropped = 0;
    onLine(line);
  };

  return {
    push(chunk) {
      let from = 0;
      for (;;) {
        const end = chunk.indexOf(0x0a, from);
        if (end < 0) break;
        take(chunk.subarray(from, end));
        close();
        from = end + 1;
      }
      if (from < chunk.length) take(chunk.subarray(from));
    },
    /** A last line without its \n counts. */
    end() {
      if (held > 0 || dropped > 0) close();
    },
  };
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts);
}

function withoutReturn(bytes: Uint8Array): Uint8Array {
  return bytes.at(-1) === 0x0d ? bytes.subarray(0, -1) : bytes;
}
