import type { Session } from '../../session.ts';
import type { SubmitWriter } from '../show/renderer.ts';

/** For people; only what this run shows is loaded. */
export function human(session: Session): SubmitWriter {
  return {
    message: async () => (await import('../show/human-message.ts')).humanMessage(session),
    trace: async () => (await import('../show/human-trace.ts')).humanTrace(session),
    batch: async () => (await import('../show/human-batch.ts')).humanBatch(session),
  };
}
