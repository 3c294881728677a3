import { writeEnvelope } from '../../../tail/envelope.ts';
import type { MakeRenderer } from '../show/renderer.ts';

/** An envelope a line, as recordings have them. */
export const ndjson: MakeRenderer = async () => ({ write: writeEnvelope, looksInside: false });
