import { GOALS_INCOMING, TASKS_DEAD_LETTER, TASKS_INCOMING } from '../contract/subjects.ts';
import { isHeddleError } from '../errors.ts';
import type { Transport } from '../transport/transport.ts';
import { type Kept, NOTHING_KEPT } from './kept.ts';

const TASKS_TO_WORKERS = 'heddle.tasks.*.*';

/** Asks JetStream, where there is one, which of its streams keep what. */
export async function readKept(bus: Transport): Promise<Kept | 'unknown'> {
  const { jetstream, cluster } = bus.info;
  // In a cluster others may have it.
  if (!jetstream && cluster === undefined) return NOTHING_KEPT;
  const { streamsCapturing } = await import('../store/open.ts');
  try {
    const [tasksIncoming, tasks, deadLetters, goals] = await Promise.all([
      streamsCapturing(bus, TASKS_INCOMING),
      streamsCapturing(bus, TASKS_TO_WORKERS),
      streamsCapturing(bus, TASKS_DEAD_LETTER),
      streamsCapturing(bus, GOALS_INCOMING),
    ]);
    return { tasksIncoming, tasks, deadLetters, goals };
  } catch (error) {
    if (!isHeddleError(error)) throw error;
    return error.code === 'no_match' ? NOTHING_KEPT : 'unknown';
  }
}
