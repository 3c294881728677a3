import type { FileResult } from '../../validate/engine.ts';
import { judgeExample } from '../../validate/explain.ts';
import type { Rule } from '../../validate/rule.ts';
import { RULES } from '../../validate/rules/list.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { adviceText } from '../remedies.ts';
import { PLAIN } from '../screen/style.ts';
import { wrapped } from '../screen/wrap.ts';
import type { Session } from '../session.ts';
import { ruleOf } from './choices.ts';
import { block } from './formats/human.ts';
import type { ValidateFormat } from './formats/list.ts';
import { onlyHumanOrJson } from './results.ts';

/** `--rules` and `--explain`: the same data as docs/rules.md, which is made from `--rules -o json`. */
export function showRules(session: Session<ValidateFormat>, explain: string | undefined): ExitCode {
  onlyHumanOrJson(session, '--rules or --explain');
  if (explain === undefined) {
    if (session.machine) session.json({ schema_version: 1, rules: RULES.map((rule) => page(session, rule)) });
    else {
      const width = Math.max(...RULES.map(({ id }) => id.length));
      for (const { id, severity, summary } of RULES)
        session.print(`${id.padEnd(width)}  ${severity.padEnd(7)}  ${summary}`);
    }
    return EXIT.ok;
  }
  const id = ruleOf('--explain', explain);
  const rule = RULES.find((each) => each.id === id)!;
  if (session.machine) session.json({ schema_version: 1, ...page(session, rule) });
  else session.print(text(session, rule));
  return EXIT.ok;
}

function page(session: Session, rule: Rule): Record<string, unknown> {
  return {
    id: rule.id,
    severity: rule.severity,
    kinds: rule.scope === 'config' ? rule.kinds : 'all',
    summary: rule.summary,
    why: rule.why,
    remedy: adviceText(rule),
    example: rule.example,
    output: output(session, judgeExample(rule), rule, true),
  };
}

function text(session: Session, rule: Rule): string {
  const { style, width } = session.out;
  const lines = [
    `${style.strong(rule.id)} (${rule.severity})`,
    '',
    ...wrapped(rule.summary, width, ''),
    '',
    ...wrapped(rule.why, width, ''),
    '',
    `${style.accent('Remedy:')} ${wrapped(adviceText(rule) ?? '', width, '', 'Remedy:'.length + 1).join('\n')}`,
  ];
  for (const [name, content] of Object.entries(rule.example)) {
    lines.push(
      '',
      `${style.faint(`${name}:`)}`,
      ...content
        .trimEnd()
        .split('\n')
        .map((each) => `    ${each}`),
    );
  }
  const shown = output(session, judgeExample(rule), rule, false);
  if (shown !== '') lines.push('', shown);
  return lines.join('\n');
}

function output({ out }: Session, files: readonly FileResult[], rule: Rule, plain: boolean): string {
  const screen = plain ? { ...out, width: 120, style: PLAIN } : out;
  const findings = files.flatMap((file) => file.findings).filter((each) => each.rule === rule.id);
  return findings.map((each) => block(each, screen)).join('\n\n');
}
