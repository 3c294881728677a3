import { reportDocument } from '../../../preflight/report-document.ts';
import type { ReportWriter } from '../writer.ts';

export const json: ReportWriter = (report, { ok, interrupted }) =>
  `${JSON.stringify(interrupted === true ? { ...reportDocument(report, ok), interrupted } : reportDocument(report, ok))}\n`;
