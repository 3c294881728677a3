import type { ListenerRow } from './rows.ts';

/** Rows of two readings, and how long lies between them. */
export interface Pace {
  readonly before: readonly ListenerRow[];
  readonly ms: number;
}

/** What was delivered since the last reading; unknown of who was not there, or began anew and counts from 0. */
export function withRates(rows: readonly ListenerRow[], pace: Pace | undefined): readonly ListenerRow[] {
  if (pace === undefined || pace.ms <= 0) return rows;
  const was = new Map(pace.before.map((row) => [nameOf(row), row.received]));
  return rows.map((row) => {
    const earlier = was.get(nameOf(row));
    if (earlier === undefined || row.received === undefined || row.received < earlier) return row;
    return { ...row, perSecond: ((row.received - earlier) * 1000) / pace.ms };
  });
}

/** Tasks that reached workers; unknown where it is of none of them known. */
export function tasksPerSecond(rows: readonly ListenerRow[]): number | undefined {
  const known = rows.flatMap(({ role, perSecond }) =>
    role === 'worker' && perSecond !== undefined ? [perSecond] : [],
  );
  return known.length === 0 ? undefined : known.reduce((sum, each) => sum + each, 0);
}

function nameOf({ role, name, tier, group }: ListenerRow): string {
  return [role, name, tier, group].join('\n');
}
