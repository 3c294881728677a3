const MS_PER: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** Reads what a Go server prints for a duration (`368µs`, `1.5s`, `1m2.5s`) as milliseconds. */
export function goDurationMs(text: string): number | undefined {
  const part = /(\d+(?:\.\d+)?)(ns|us|µs|μs|ms|s|m|h)/y;
  let total = 0;
  let at = 0;
  while (at < text.length) {
    part.lastIndex = at;
    const found = part.exec(text);
    if (found === null) return undefined;
    total += Number(found[1]) * (MS_PER[found[2] as string] as number);
    at = part.lastIndex;
  }
  return at === 0 ? undefined : Math.round(total * 1000) / 1000;
}
