import { resolve } from 'node:path';
import { readJsonObjectText } from '../../../contract/decode-json.ts';
import { systemUuid } from '../../../contract/ids.ts';
import { isJsonObject } from '../../../contract/json.ts';
import { rawValue } from '../../../contract/members.ts';
import { workOf } from '../../../letters/kind.ts';
import type { Letter } from '../../../letters/letter.ts';
import type { RouterRules } from '../../../router/rules.ts';
import { formatDuration } from '../../flags/duration.ts';
import type { Session } from '../../session.ts';
import type { ReplayFlags } from './flags.ts';

/** Why work would be refused again: by the rules of a router, or by a worker's own schema. */
export async function foreseer(
  session: Session,
  flags: Pick<ReplayFlags, 'config' | 'routerConfig' | 'to' | 'rate'>,
): Promise<(letter: Pick<Letter, 'kind'>, text: string) => string | undefined> {
  const { clock, cwd } = session.io;
  const [{ createRoute }, rules] = await Promise.all([import('../../../router/route.ts'), rulesOf(flags, cwd)]);
  // Limits are a matter of how fast, not of what.
  const route = createRoute(
    { rules: { ...rules, rateLimits: new Map() }, refill: 'max_concurrent' },
    { ...clock, uuid: systemUuid },
  );
  const check = await checkOf(flags, cwd);
  warnOfRate(session, flags, rules);
  return (letter, text) => {
    if (workOf(letter.kind) === 'goal') return undefined;
    if (flags.to === undefined) {
      const decision = route(Buffer.from(text));
      if (decision.outcome === 'dead_letter') return decision.reason;
    }
    return check?.(text);
  };
}

async function rulesOf({ routerConfig }: Pick<ReplayFlags, 'routerConfig'>, cwd: string): Promise<RouterRules> {
  if (routerConfig === undefined) return (await import('../../../router/rules.ts')).NO_RULES;
  const { loadRules } = await import('../../../router/load-rules.ts');
  return loadRules(resolve(cwd, routerConfig), routerConfig);
}

async function checkOf(
  { config }: Pick<ReplayFlags, 'config'>,
  cwd: string,
): Promise<((text: string) => string | undefined) | undefined> {
  if (config === undefined) return undefined;
  const { loadWorker, shallowCheck } = await import('../../../submit/check-payload.ts');
  const worker = loadWorker(resolve(cwd, config), config);
  const check = shallowCheck(worker);
  return (text) => {
    const read = readJsonObjectText(text);
    if (!read.ok || read.value.worker_type !== worker.name || !isJsonObject(read.value.payload)) return undefined;
    const problems = check(read.value.payload, rawValue(text, 'payload') ?? '{}');
    return problems.length === 0 ? undefined : `breaks the schema of "${worker.name}": ${problems.join('; ')}`;
  };
}

function warnOfRate(
  { talk }: Session,
  { rate, to }: Pick<ReplayFlags, 'rate' | 'to'>,
  { rateLimits }: RouterRules,
): void {
  if (to !== undefined) return;
  for (const [tier, { maxConcurrent }] of rateLimits) {
    const everyMs = 60_000 / maxConcurrent;
    if (rate !== undefined && rate.intervalMs >= everyMs) continue;
    talk.warn(
      `the router lets one task for tier "${tier}" through every ${formatDuration(everyMs)}: sent faster than ${maxConcurrent}/m, what is beyond its burst of ${maxConcurrent} is refused again`,
    );
  }
}
