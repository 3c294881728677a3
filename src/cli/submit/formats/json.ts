import type { BatchReport } from '../../../submit/batch/report.ts';
import type { MissingHop } from '../../../submit/trace/timeline.ts';
import { isAnswered } from '../../../submit/wait/outcome.ts';
import { adviceText } from '../../remedies.ts';
import type { Session } from '../../session.ts';
import { exactJson, withRaw } from '../show/exact.ts';
import { outcomeView } from '../show/outcome-view.ts';
import type { BatchRenderer, MessageRenderer, SubmitWriter, TraceRenderer } from '../show/renderer.ts';

/** One document a line: the receipt at once, the answer exactly as the worker wrote it. */
export function json(session: Session): SubmitWriter {
  const all = renderer(session);
  return { message: async () => all, trace: async () => all, batch: async () => all };
}

function renderer(session: Session): MessageRenderer & TraceRenderer & BatchRenderer {
  const line = (text: string): void => session.print(text);
  return {
    dryRun: (prepared) => {
      const { kind, subject, bytes, id } = prepared;
      line(withRaw({ schema_version: 1, type: 'dry_run', kind, subject, bytes, id }, 'message', prepared.text));
    },
    receipt: (receipt) => session.json({ schema_version: 1, type: 'receipt', ...receipt }),
    answer: ({ text, result }) => line(exactJson(text, result)),
    hop: () => {},
    trace: ({ receipt, hops, stages, missing, outcome }) => {
      const document = {
        schema_version: 1,
        type: 'timeline',
        receipt,
        ...outcomeView(outcome),
        // Not lost: given up, because the servers say that nobody is there.
        ...(missing?.final === true ? { outcome: 'stopped_short', reason: missing.problem } : {}),
        hops,
        stages,
        missing: missing === undefined ? null : missingView(missing),
      };
      line(withRaw(document, 'result', isAnswered(outcome) ? exactJson(outcome.text, outcome.result) : 'null'));
    },
    summary: (report: BatchReport) => session.json({ schema_version: 1, type: 'summary', ...report }),
  };
}

function missingView(missing: MissingHop) {
  const { hop, problem, evidence, final } = missing;
  return { hop, problem, evidence, remedy: adviceText(missing) ?? null, final };
}
