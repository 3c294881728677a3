import { type Place, readPlace } from '../../child/knock.ts';
import { MODEL_TIERS } from '../../contract/messages.ts';
import { HeddleError } from '../../errors.ts';
import { duration } from '../flags/duration.ts';
import { maybe, oneOf, required, text, textOr, toggle } from '../flags/flag.ts';
import { flagGroup, type ValuesOf } from '../flags/group.ts';
import { listenAddress } from '../flags/listen-address.ts';
import { size } from '../flags/size.ts';
import { wholeNumber } from '../flags/whole-number.ts';
import { word } from '../flags/word.ts';
import { logFormatFlag } from '../log/formats.ts';
import { quotedValue } from '../screen/looks-secret.ts';

const SIDECAR_FLAGS = {
  sidecarAt: '--sidecar-at',
  sidecarLoss: '--sidecar-loss',
  sidecarRestarts: '--sidecar-restarts',
} as const;

/** Where exporters of the Prometheus world listen by custom; on loopback unless told otherwise. */
const METRICS = { host: '127.0.0.1', port: 9464 };

export const WORKER = flagGroup({
  heading: 'Worker:',
  flags: {
    config: required('--config <file>', "the worker's config (worker_kind: processor)"),
    tier: text('--tier <tier>', "tier to listen on (default: the config's, else local)", word(MODEL_TIERS)),
    concurrency: textOr(
      '--concurrency <n>',
      'tasks at one time; 1 keeps them in order (default 1)',
      wholeNumber({ min: 1, max: 10_000 }),
      1,
    ),
    grace: textOr('--grace <duration>', 'time to finish after SIGTERM or Ctrl-C (default 30s)', duration(), 30_000),
  },
});

export const HANDLER = flagGroup({
  heading: 'Handler (one of):',
  flags: {
    handler: text('--handler <module>', 'export default async (payload, ctx) => output'),
    exec: text('--exec <command>', 'a program that reads and writes JSON lines; no shell'),
    echo: toggle('--echo', 'answer with the payload'),
  },
});

export const PROGRAM = flagGroup({
  heading: 'Program behind --exec:',
  flags: {
    execPerTask: toggle('--exec-per-task', 'start the program for each task'),
    maxLine: text(
      '--max-line <size>',
      'longest answer of the program (default 1MiB)',
      size({ min: 64, max: 64 * 1024 * 1024 }),
    ),
  },
  rules: (['execPerTask', 'maxLine'] as const).map((flag) => ({
    flag,
    needs: ['exec' as const],
    says: { message: `${flag === 'maxLine' ? '--max-line' : '--exec-per-task'} belongs to --exec` },
  })),
});

export const VIA = flagGroup({
  heading: 'Over HTTP, where NATS does not reach:',
  flags: {
    via: text('--via <url>', 'a gateway that hands tasks out, in place of NATS (HEDDLE_GATEWAY_TOKEN holds the token)'),
    viaTokenFile: text('--via-token-file <path>', 'file that holds the token'),
  },
  rules: [{ flag: 'viaTokenFile', needs: ['via'] }],
});

export const SIDECAR = flagGroup({
  heading: 'Sidecar:',
  flags: {
    sidecar: text('--sidecar <command>', 'a program beside the worker: started first, watched, started again'),
    sidecarAt: text(
      '--sidecar-at <address>',
      'where it listens: host:port or unix:path (default: it says ready itself)',
      readAddress,
    ),
    sidecarLoss: oneOf(
      '--sidecar-loss <how>',
      ['serve', 'fail', 'stop'],
      'while it is down: serve on (the default), fail tasks; or stop when it is given up',
    ),
    sidecarRestarts: text(
      '--sidecar-restarts <n>',
      'early deaths in a row that it is started again after (default 5)',
      wholeNumber({ max: 1_000 }),
    ),
  },
  rules: (['sidecarAt', 'sidecarLoss', 'sidecarRestarts'] as const).map((flag) => ({
    flag,
    needs: ['sidecar' as const],
    says: { message: `${SIDECAR_FLAGS[flag]} belongs to --sidecar` },
  })),
});

export const WATCHING = flagGroup({
  heading: 'Watching it:',
  flags: {
    logFormat: logFormatFlag,
    metrics: maybe(
      '--metrics [host:port]',
      'Prometheus text at /metrics (default 127.0.0.1:9464)',
      listenAddress(METRICS),
      METRICS,
    ),
  },
});

export type HandlerFlags = ValuesOf<readonly [typeof HANDLER, typeof PROGRAM]>;
export type SidecarFlags = ValuesOf<readonly [typeof SIDECAR]>;

function readAddress(written: string, flag: string): { readonly place: Place; readonly text: string } {
  const place = readPlace(written);
  if (place !== undefined) return { place, text: written };
  throw new HeddleError('usage', `${flag}: ${quotedValue(written)} is no address`, {
    hint: 'Write host:port, a port, or unix:/path/of/a.sock.',
  });
}
