/** How often a fault is made: a few times in the ordinary tests, HEDDLE_ROUNDS times where somebody has the patience. */
export function rounds(quick: number): number {
  const asked = Number(process.env.HEDDLE_ROUNDS ?? '');
  return Number.isInteger(asked) && asked > 0 ? asked : quick;
}
