import { reportDocument } from '../../../preflight/report-document.ts';
import { adviceText } from '../../remedies.ts';
import type { ReportWriter } from '../writer.ts';

export const json: ReportWriter = (report, { ok }) => `${JSON.stringify(reportDocument(report, ok, adviceText))}\n`;
