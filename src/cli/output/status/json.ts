import { statusDocument } from '../../../preflight/status-document.ts';
import type { StatusView } from './list.ts';

export function json({ map, expected }: StatusView): string {
  return `${JSON.stringify(statusDocument(map, expected))}\n`;
}
