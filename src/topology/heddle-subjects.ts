/** Stand-in until the contract room lands; nothing else in this room writes a subject. */
export const GOALS = 'heddle.goals.incoming';
export const TASKS = 'heddle.tasks.incoming';
export const DEAD_LETTERS = 'heddle.tasks.dead_letter';
export const RELOAD = 'heddle.control.reload';
export const workerSubject = (type: string, tier: string): string => `heddle.tasks.${type}.${tier}`;

export function matches(pattern: string, subject: string): boolean {
  const left = pattern.split('.');
  const right = subject.split('.');
  for (const [at, token] of left.entries()) {
    if (token === '>') return right.length > at;
    if (at >= right.length || (token !== '*' && token !== right[at])) return false;
  }
  return left.length === right.length;
}
