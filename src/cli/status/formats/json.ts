import { statusDocument } from '../../../preflight/status-document.ts';
import { adviceText } from '../../remedies.ts';
import type { StatusWriter } from '../view.ts';

export const json: StatusWriter = ({ map, kept, expected }) =>
  `${JSON.stringify(statusDocument(map, expected, adviceText, kept))}\n`;
