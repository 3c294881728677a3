import { duration } from '../flags/duration.ts';
import { text, textOr, toggle } from '../flags/flag.ts';
import { flagGroup } from '../flags/group.ts';
import { listenAddress } from '../flags/listen-address.ts';
import { logFormatFlag } from '../log/formats.ts';

export const DEFAULT_CONFIG = 'configs/gateway.yaml';
export const DEFAULT_CONFIGS = 'configs';

/** An orchestrator that sends SIGKILL does so after half a minute as a rule. */
const GRACE_MS = 15_000;

export const GATEWAY = flagGroup({
  heading: 'Gateway:',
  flags: {
    config: text('--config <file>', `the gateway's config (default ${DEFAULT_CONFIG}, when it exists)`),
    listen: text(
      '--listen <host:port>',
      "where it listens, in place of the config's (default 127.0.0.1:8787)",
      listenAddress({ host: '127.0.0.1', port: 8787 }),
    ),
    trustProxy: toggle('--trust-proxy', 'only a proxy reaches it: who asks stands in X-Forwarded-For'),
    grace: textOr(
      '--grace <duration>',
      'time to finish after SIGTERM or Ctrl-C, at most 15s (default 15s)',
      duration({ max: GRACE_MS }),
      GRACE_MS,
    ),
  },
});

export const WATCHING = flagGroup({ heading: 'Watching it:', flags: { logFormat: logFormatFlag } });
