/** `1,234,567`. Not by Intl: its first use costs as much as a fifth of a whole start. */
export function formatCount(count: number): string {
  return String(count).replace(/^\d+/, (whole) => whole.replaceAll(/\B(?=(?:\d{3})+$)/g, ','));
}

/** `1 file`, `2 files`. */
export function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}
