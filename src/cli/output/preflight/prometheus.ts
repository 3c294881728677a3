import { metricsText } from '../../../preflight/metrics.ts';
import type { PreflightRenderer } from './renderer.ts';

export const prometheus: PreflightRenderer = (report, { ok }) => metricsText(report, ok);
