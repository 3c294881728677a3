import { disarmLine } from '../../screen/disarm.ts';
import type { ResultsWriter } from '../results.ts';

/** `file:line:col: severity: message [rule]`: what editors and compilers' readers know. */
export const short: ResultsWriter = (session, { files }) => {
  for (const { findings } of files) {
    for (const { file, line, column, severity, message, rule } of findings) {
      session.io.stdout.write(`${disarmLine(`${file}:${line}:${column}: ${severity}: ${message}`)} [${rule}]\n`);
    }
  }
};
