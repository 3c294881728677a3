import { MODEL_TIERS } from '../../contract/messages.ts';
import { duration } from '../flags/duration.ts';
import { maybe, required, text, textOr, toggle } from '../flags/flag.ts';
import { flagGroup, type ValuesOf } from '../flags/group.ts';
import { listenAddress } from '../flags/listen-address.ts';
import { size } from '../flags/size.ts';
import { wholeNumber } from '../flags/whole-number.ts';
import { word } from '../flags/word.ts';
import { logFormatFlag } from '../log/formats.ts';

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
