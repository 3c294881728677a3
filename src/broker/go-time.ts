// A NATS server is a Go program, and its documents show times the way Go prints them.

/** A measured duration, such as `460µs` or `1.5s`. */
export function goDuration(milliseconds: number): string {
  const micros = Math.max(0, Math.round(milliseconds * 1000));
  if (micros < 1000) return micros === 0 ? '0s' : `${micros}µs`;
  if (micros < 1_000_000) return `${micros / 1000}ms`;
  const minutes = Math.floor(micros / 60_000_000);
  const seconds = (micros - minutes * 60_000_000) / 1_000_000;
  if (minutes === 0) return `${seconds}s`;
  return minutes < 60 ? `${minutes}m${seconds}s` : `${Math.floor(minutes / 60)}h${minutes % 60}m${seconds}s`;
}

/** A time span in whole seconds, such as `1d2h3m4s`. */
export function goUptime(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ] as const;
  const first = parts.findIndex(([count]) => count > 0);
  return first < 0
    ? '0s'
    : parts
        .slice(first)
        .map(([count, unit]) => `${count}${unit}`)
        .join('');
}

export function goTime(epochMilliseconds: number): string {
  return new Date(epochMilliseconds).toISOString();
}
