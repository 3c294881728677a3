import { metricsText } from '../../../preflight/metrics.ts';
import type { ReportWriter } from '../writer.ts';

export const prometheus: ReportWriter = (report, { ok }) => metricsText(report, ok);
