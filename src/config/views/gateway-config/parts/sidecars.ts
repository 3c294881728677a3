import { PRIORITIES, type Priority } from '../../../../contract/messages.ts';
import { isString } from '../../../node.ts';
import type { Section } from '../../section.ts';
import { type Mapped, mappedAt } from '../mapping.ts';
import { type TargetDefaults, type WorkTarget, workTargetOf } from '../work-target.ts';

/** A program beside the gateway whose lines become work. */
export interface SidecarConfig {
  readonly name: string;
  /** An argument list. */
  readonly command: readonly [program: string, ...args: string[]];
  /** Names of variables that it gets, besides those that any program needs. */
  readonly env: readonly string[];
  readonly target: WorkTarget;
  readonly priority: Priority | undefined;
  /** Makes the id of the task; undefined: the id of the line, where it has one. */
  readonly id: Mapped | undefined;
  /** It is told the result of each. */
  readonly answers: boolean;
  readonly onUnheard: 'hold' | 'ack';
  /** Lines that were taken and whose task is not on the bus yet, at most. */
  readonly inflight: number;
  /** Starts after early deaths in a row. */
  readonly restarts: number;
}

/** Also part of a subject. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
const ROOTS = ['sidecar', 'id', 'data', 'line'] as const;
const DATA: Mapped = { kind: 'ref', pointer: ['data'], otherwise: undefined };
const DEFAULTS: TargetDefaults = {
  roots: ROOTS,
  instruction: { kind: 'template', parts: ['Process the event of ', ['sidecar']] },
  context: {
    kind: 'object',
    members: [
      ['sidecar', { kind: 'ref', pointer: ['sidecar'], otherwise: undefined }],
      ['payload', DATA],
    ],
  },
  payload: DATA,
};

export function sidecars(top: Section): readonly SidecarConfig[] {
  const names = new Set<string>();
  return top.sections('sidecars').flatMap((section): SidecarConfig[] => {
    const name = section.neededText('name');
    const at = section.map.entries.get('name')?.value;
    if (name !== undefined && at !== undefined) {
      if (!NAME.test(name)) section.bad('name', at, 'must be up to 64 letters, digits, - and _');
      if (names.has(name)) section.bad('name', at, 'is the name of another sidecar, too');
      names.add(name);
    }
    const written = section.needed('command');
    if (written?.kind === 'seq' && written.items.length === 0) section.bad('command', written, 'names no program');
    const [program, ...args] = section.texts('command');
    const target = workTargetOf(section, DEFAULTS);
    const restart = section.section('restart');
    const restarts = restart?.whole('max', 0, 1_000) ?? 5;
    restart?.finish();
    const config = {
      env: section.texts('env'),
      priority: section.choice('priority', PRIORITIES),
      id: idOf(section),
      answers: section.truth('answers') ?? false,
      onUnheard: section.choice('on_unheard', ['hold', 'ack']) ?? 'hold',
      inflight: section.whole('inflight', 1, 10_000) ?? 100,
      restarts,
    } as const;
    section.finish();
    if (name === undefined || program === undefined || target === undefined) return [];
    return [{ name, command: [program, ...args], target, ...config }];
  });
}

function idOf(section: Section): Mapped | undefined {
  const node = section.node('id');
  if (node === undefined) return undefined;
  if (!isString(node)) return section.wrong('id', node, 'text');
  const mapped = mappedAt(section, 'id', node, ROOTS);
  if (mapped?.kind !== 'constant') return mapped;
  return section.bad('id', node, 'is the same for every line', 'refer to what names one: "{/data/seq}"');
}
