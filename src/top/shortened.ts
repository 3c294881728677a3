/** What is kept of a text that others wrote. */
const LONGEST = 300;

/** The beginning of a text, and nothing that holds on to the rest: a slice would keep the whole in memory. */
export function shortened(text: string, longest = LONGEST): string {
  return text.length <= longest ? text : `${Buffer.from(text.slice(0, longest)).toString()}...`;
}
