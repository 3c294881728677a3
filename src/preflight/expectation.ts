import { isModelTier, type ModelTier } from '../contract/messages.ts';
import { isSubjectPart } from '../contract/subject-grammar.ts';
import { HeddleError } from '../errors.ts';

/** What must be there: it turns advice about it into a requirement. */
export type Expectation =
  | { readonly kind: 'router' | 'orchestrator' | 'pipeline' | 'dead_letters' | 'jetstream' }
  /** `name` undefined: any. */
  | { readonly kind: 'gateway'; readonly name: string | undefined; readonly min: number }
  | { readonly kind: 'worker'; readonly type: string; readonly tier: string | undefined; readonly min: number };

/** What can be expected by its bare name. */
export const PLAIN: readonly string[] = ['router', 'orchestrator', 'pipeline', 'dead_letters', 'jetstream'];
const FORMS = `Write one of ${PLAIN.join(', ')}, gateway[:<name>[:<replicas>]], or worker:<type>[.<tier>][:<replicas>], as in worker:echo.local:2.`;

/** Throws `usage` for what is none. */
export function readExpectation(text: string): Expectation {
  if (PLAIN.includes(text)) return { kind: text as 'router' };
  const gateway = /^gateway(?::([A-Za-z0-9_-]{1,64})(?::([1-9]\d{0,3}))?)?$/.exec(text);
  if (gateway !== null) return { kind: 'gateway', name: gateway[1], min: Number(gateway[2] ?? 1) };
  const [, name = '', min] = /^worker:(.*?)(?::(\d{1,4}))?$/s.exec(text) ?? [];
  if (!isSubjectPart(name) || min === '0') {
    throw new HeddleError('usage', `"${text.slice(0, 100)}" names nothing that can be expected`, {
      hint: FORMS,
    });
  }
  return { kind: 'worker', ...readWorker(name), min: min === undefined ? 1 : Number(min) };
}

/** `echo.local`; a type may have dots of its own: what stands behind the last one is a tier where it is one of Heddle's. */
export function readWorker(name: string): { readonly type: string; readonly tier: ModelTier | undefined } {
  const dot = name.lastIndexOf('.');
  const tier = name.slice(dot + 1);
  return dot > 0 && isModelTier(tier) ? { type: name.slice(0, dot), tier } : { type: name, tier: undefined };
}

const RAISED: Readonly<Record<Expectation['kind'], readonly string[]>> = {
  router: ['bus.map', 'bus.router'],
  orchestrator: ['bus.map', 'bus.goals_heard'],
  pipeline: ['bus.map', 'bus.goals_heard'],
  dead_letters: ['bus.map', 'bus.dead_letters'],
  jetstream: ['connection.jetstream'],
  gateway: ['bus.map', 'bus.gateway'],
  worker: ['bus.map', 'bus.worker_present'],
};

/** Does this expectation make that check, or that finding of it, a requirement? */
export function raises(expectation: Expectation, checkId: string, target: string | undefined): boolean {
  if (!RAISED[expectation.kind].includes(checkId)) return false;
  if (target === undefined) return true;
  if (expectation.kind === 'gateway' && checkId === 'bus.gateway') return target === (expectation.name ?? 'gateway');
  if (expectation.kind !== 'worker' || checkId !== 'bus.worker_present') return true;
  return target === nameOf(expectation);
}

export function nameOf({ type, tier }: { type: string; tier: string | undefined }): string {
  return tier === undefined ? type : `${type}.${tier}`;
}
