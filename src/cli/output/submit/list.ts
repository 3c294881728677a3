import type { Session } from '../../session.ts';
import type { BatchRenderer, MessageRenderer, TraceRenderer } from './renderer.ts';

interface Format {
  message(session: Session): Promise<MessageRenderer>;
  trace(session: Session): Promise<TraceRenderer>;
  batch(session: Session): Promise<BatchRenderer>;
}

/** By the format's name; only what this run shows is loaded. */
const FORMATS: Readonly<Record<string, Format>> = {
  human: {
    message: async (session) => (await import('./human-message.ts')).humanMessage(session),
    trace: async (session) => (await import('./human-trace.ts')).humanTrace(session),
    batch: async (session) => (await import('./human-batch.ts')).humanBatch(session),
  },
  json: {
    message: async (session) => (await import('./json.ts')).jsonRenderer(session),
    trace: async (session) => (await import('./json.ts')).jsonRenderer(session),
    batch: async (session) => (await import('./json.ts')).jsonRenderer(session),
  },
};

export function formatOf(session: Session): Format {
  return (FORMATS[session.format] ?? FORMATS.human) as Format;
}
