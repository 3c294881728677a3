import { reportDocument } from '../../../preflight/report-document.ts';
import type { PreflightRenderer } from './renderer.ts';

export const json: PreflightRenderer = (report, { ok }) => `${JSON.stringify(reportDocument(report, ok))}\n`;
