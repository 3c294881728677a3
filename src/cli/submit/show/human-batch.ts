import type { Session } from '../../session.ts';
import type { BatchRenderer } from './renderer.ts';
import { summaryLines } from './summary-lines.ts';

export function humanBatch(session: Session): BatchRenderer {
  return {
    summary: (report) => {
      // With answers on stdout, the summary is talk; alone, it is the answer.
      for (const line of summaryLines(report, report.waited ? session.err : session.out)) {
        if (report.waited) session.talk.info(line);
        else session.print(line);
      }
    },
  };
}
