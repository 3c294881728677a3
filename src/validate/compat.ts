import type { ConfigDocument } from '../config/document.ts';
import type { ConfigKind, HeddleKind } from '../config/kind.ts';
import { isFalsy } from '../config/node.ts';
import { judge, type RuleFailure } from './engine.ts';
import type { Finding } from './finding.ts';
import type { Rule } from './rule.ts';
import { SHAPES } from './shapes/list.ts';
import { stage } from './shapes/pipeline.ts';
import type { Shape } from './shapes/shape.ts';
import { Subject } from './subject.ts';

/** One thing that Heddle itself objects to. */
export interface HeddleObjection {
  /** What Heddle's message is about: a key such as `pipeline_stages[0].tier`, or `file`, `yaml`, `mapping`, `type`, `crash`. */
  readonly key: string;
  readonly message: string;
}

/** What `heddle validate` (heddle-ai 0.9.2) says of one file. */
export interface HeddleVerdict {
  readonly file: string;
  readonly type: HeddleKind;
  readonly valid: boolean;
  readonly errors: readonly HeddleObjection[];
}

export function heddleVerdict(
  document: ConfigDocument,
  rules: readonly Rule[],
  failures: RuleFailure[],
): HeddleVerdict {
  const unknown = (key: string, message: string): HeddleVerdict => ({
    file: document.path,
    type: 'unknown',
    valid: false,
    errors: [{ key, message }],
  });
  const [problem] = document.problems;
  if (problem !== undefined) {
    const { line, column } = document.position(problem.offset);
    switch (problem.python) {
      case 'missing':
        return unknown('file', `File not found: ${document.path}`);
      case 'invalid':
        return unknown('yaml', `Invalid YAML: ${problem.message} (line ${line}, column ${column})`);
      case 'crash':
        return unknown('crash', `heddle validate ends with a traceback: ${problem.message}`);
      default:
        // Python would read on. We do not: the limit is ours, and a file beyond it gets no verdict but this.
        return unknown('limit', problem.message);
    }
  }
  const { root } = document;
  if (root === undefined || isFalsy(root) || root.kind !== 'map')
    return unknown('mapping', 'File is empty or not a YAML mapping');
  const type = new Subject(document).heddle;
  if (type === 'unknown') return unknown('type', 'Cannot detect config type (not a worker, pipeline, or orchestrator)');
  const findings = judge(new Subject(document, type), rules, failures).filter((each) => each.key !== undefined);
  const crash = findings.find((each) => each.crash === true);
  if (crash !== undefined)
    return { ...unknown('crash', `heddle validate ends with a traceback: ${crash.message}`), type };
  const errors = inHeddlesOrder(findings, type).map(({ key, message }) => ({ key: key!, message }));
  return { file: document.path, type, valid: errors.length === 0, errors };
}

function inHeddlesOrder(findings: readonly Finding[], kind: ConfigKind): Finding[] {
  // Without a list of stages Heddle looks at nothing after them.
  const stopped = kind === 'pipeline' && findings.some((each) => each.key === 'pipeline_stages');
  const kept = stopped ? findings.filter((each) => each.key === 'pipeline_stages' || each.key === 'name') : findings;
  const ranks = new Map(kept.map((each) => [each, rank(each.key!, kind)]));
  return kept.toSorted((a, b) => compare(ranks.get(a)!, ranks.get(b)!));
}

/** The order in which Heddle looks at the parts of a silo, a schema, a checkpoint or an available worker. */
const PARTS = [
  ...['name', 'description', 'type', 'required', 'properties', 'path', 'permissions', 'provider', 'config'],
  ...['token_threshold', 'recent_window'],
];

/** Top key, index in its list, key in the stage, part; the stages of a pipeline come after everything else. */
function rank(key: string, kind: ConfigKind): number[] {
  const names = key.replace(/\['.*$/s, '').split('.');
  const [, top, index] = /^([^[]+)(?:\[(\d+)\])?/.exec(names[0]!) as unknown as [string, string, string | undefined];
  const place = (fields: readonly string[], name: string | undefined): number =>
    name === undefined ? -1 : fields.indexOf(name);
  const keysOf = (shape: Shape): string[] => shape.fields.map((field) => field.key);
  const inStage = top === 'pipeline_stages' && index !== undefined;
  return [
    inStage ? Number.MAX_SAFE_INTEGER : place(keysOf(SHAPES[kind]), top),
    index === undefined ? -1 : Number(index),
    inStage ? place(keysOf(stage), names[1]) : 0,
    place(PARTS, names[inStage ? 2 : 1]),
  ];
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((each, index) => each !== b[index]);
  return at === -1 ? 0 : a[at]! - b[at]!;
}
