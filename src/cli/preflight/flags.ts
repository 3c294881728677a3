import { isJsonObject, type JsonObject } from '../../contract/json.ts';
import type { ModelTier } from '../../contract/messages.ts';
import { ROLES } from '../../contract/roles.ts';
import { isSubjectPart } from '../../contract/subject-grammar.ts';
import { HeddleError } from '../../errors.ts';
import { readExpectation, readWorker } from '../../preflight/expectation.ts';
import { duration, parseDuration } from '../flags/duration.ts';
import { atFlag, maybe, text, textOr, texts, toggle } from '../flags/flag.ts';
import { flagGroup, type ValuesOf } from '../flags/group.ts';
import { listenAddress } from '../flags/listen-address.ts';
import { word } from '../flags/word.ts';

export const CHECKED = flagGroup({
  heading: 'What to check:',
  flags: {
    config: texts('--config <path...>', 'config files: readable, and their workers on the bus'),
    configsDir: text('--configs-dir <dir>', 'every *.yaml under it'),
    routerConfig: texts('--router-config <path...>', 'the rules that the running routers go by'),
    listen: maybe(
      '--listen [duration]',
      'look on at the traffic (default 2s): who routes where, who answers goals, which frames',
      duration({ min: 1 }),
      2000,
    ),
    role: texts(
      '--role <role>',
      `a part of Heddle that this user is to be: ${ROLES.join(', ')}; repeatable`,
      word(ROLES),
    ),
    tier: texts('--tier <tier>', 'a tier that this machine is to serve; repeatable'),
    probeBackends: toggle('--probe-backends', 'ask the local model server whether it answers'),
    rttWarn: textOr(
      '--rtt-warn <duration>',
      'warn when a round trip takes longer (default 100ms)',
      duration({ min: 1 }),
      100,
    ),
    smoke: text(
      '--smoke <worker>',
      'SEND one real task to this worker (type or type.tier) and wait for its result',
      readSmoked,
    ),
    smokePayload: text('--smoke-payload <json>', 'payload of that task (default {"text":"..."})', readPayload),
    smokeTimeout: textOr(
      '--smoke-timeout <duration>',
      'how long to wait for its result (default 10s)',
      duration({ min: 1 }),
      10_000,
    ),
  },
  rules: [
    { flag: 'smokePayload', needs: ['smoke'], says: { message: '--smoke-payload goes with --smoke <worker>' } },
    ...(['watch', 'probe', 'serve'] as const).map((excludes) => ({
      flag: 'smoke' as const,
      excludes,
      says: {
        message: `--smoke sends a real task: it does not go with --${excludes}, which would send it again and again`,
        hint: 'Send it by itself, or with --wait, which sends it once when all the rest is well.',
      },
    })),
  ],
});

export const COUNTS = flagGroup({
  heading: 'What counts:',
  flags: {
    expect: texts(
      '--expect <what>',
      'must be there: router, pipeline, orchestrator, dead_letters, jetstream, gateway[:<name>[:<min>]], worker:<type>[.<tier>][:<min>]; repeatable',
      (written, flag) => atFlag(flag, () => readExpectation(written)),
    ),
    deadLettersWarn: text(
      '--dead-letters-warn <n/duration>',
      'warn when so much work failed in that time: 1/10m (needs streams that keep it)',
      readFailures,
    ),
    ignore: texts('--ignore <check>', 'do not count this check, or check=target; repeatable'),
    failOn: textOr(
      '--fail-on <level>',
      'what fails the run: error (default) or warning',
      word(['error', 'warning']),
      'error',
    ),
  },
});

const MODES = ['wait', 'watch', 'probe', 'serve'] as const;
const SERVED = { host: '127.0.0.1', port: 8087 };

export const WHEN = flagGroup({
  heading: 'When:',
  flags: {
    wait: text('--wait <duration>', 'repeat until everything is well or the time is up', duration({ min: 1 })),
    watch: maybe('--watch [every]', 'go on and tell each change (default every 10s)', duration({ min: 100 }), 10_000),
    probe: text('--probe <kind>', 'one line for exec probes, within a second: ready or live', word(['ready', 'live'])),
    serve: maybe(
      '--serve [address]',
      'serve /livez, /readyz, /healthz, /metrics (default 127.0.0.1:8087)',
      listenAddress(SERVED),
      SERVED,
    ),
    serveTokenFile: text(
      '--serve-token-file <path>',
      'file with the token that /healthz and /metrics ask for (Authorization: Bearer)',
    ),
    interval: textOr(
      '--interval <duration>',
      'time between rounds of --serve (default 5s)',
      duration({ min: 100 }),
      5000,
    ),
  },
  rules: [
    { flag: 'serveTokenFile', needs: ['serve'] },
    ...MODES.flatMap((flag, at) =>
      MODES.slice(at + 1).map((excludes) => ({
        flag,
        excludes,
        says: { message: `--${flag} and --${excludes} exclude each other` },
      })),
    ),
  ],
});

export type PreflightFlags = ValuesOf<readonly [typeof CHECKED, typeof COUNTS, typeof WHEN]>;

interface Smoked {
  readonly type: string;
  readonly tier: ModelTier | undefined;
}

function readSmoked(written: string, flag: string): Smoked {
  if (isSubjectPart(written)) return readWorker(written);
  throw new HeddleError('usage', `${flag}: ${JSON.stringify(written.slice(0, 100))} is no worker`, {
    hint: 'Write the worker type, or type.tier with one of local, standard, frontier: --smoke echo.local',
  });
}

/** `1/10m` */
function readFailures(written: string, flag: string): { readonly most: number; readonly windowMs: number } {
  const [, most, window] = /^([1-9]\d{0,8})\/(.+)$/.exec(written.trim()) ?? [];
  if (most !== undefined && window !== undefined)
    return { most: Number(most), windowMs: parseDuration(window, flag, { min: 1000 }) };
  throw new HeddleError('usage', `${flag}: ${JSON.stringify(written.slice(0, 60))} is no number in a time`, {
    hint: 'Write 1/10m: one or more within ten minutes.',
  });
}

function readPayload(json: string, flag: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new HeddleError('usage', `${flag} is not JSON`, { cause });
  }
  if (isJsonObject(value)) return value;
  throw new HeddleError('usage', `${flag} must be a JSON object`, {
    hint: `Like this: --smoke-payload '{"text":"hello"}'`,
  });
}
