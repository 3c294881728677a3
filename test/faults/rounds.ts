/** How often a fault is made: a few times in the ordinary tests, HEDDLE_ROUNDS times where somebody has the patience. */
export function rounds(quick: number): number {
  const asked = Number(process.env.HEDDLE_ROUNDS ?? '');
  return Number.isInteger(asked) && asked > 0 ? asked : quick;
}

/** `npm run soak` gives each file so many minutes: what has not begun then is left for another time. */
export function timeIsOver(): boolean {
  const until = Number(process.env.HEDDLE_UNTIL ?? '');
  return until > 0 && Date.now() > until;
}

/** The same for one of so many that are still to come: each gets an equal part of what is left. */
export function timeForOneOf(many: number): () => boolean {
  const until = Number(process.env.HEDDLE_UNTIL ?? '');
  const end = Date.now() + (until - Date.now()) / many;
  return () => until > 0 && Date.now() > end;
}
