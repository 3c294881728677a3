import { reportDocument } from '../../../preflight/report-document.ts';
import { adviceText } from '../../remedies.ts';
import type { ReportWriter } from '../writer.ts';

export const json: ReportWriter = (report, { ok, interrupted }) => {
  const document = reportDocument(report, ok, adviceText);
  return `${JSON.stringify(interrupted === true ? { ...document, interrupted } : document)}\n`;
};
