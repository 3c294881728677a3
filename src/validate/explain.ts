import { readText } from '../config/document.ts';
import { type FileResult, validate } from './engine.ts';
import type { Rule } from './rule.ts';
import { RULES } from './rules/list.ts';

/** The files of a rule's example, judged now: what the page of the rule shows is what the program says. */
export function judgeExample(rule: Rule): readonly FileResult[] {
  const documents = Object.entries(rule.example).map(([name, text]) => readText(name, text));
  const { files, failures } = validate(documents, { rules: RULES });
  if (failures[0] !== undefined) throw failures[0].error;
  return files;
}
