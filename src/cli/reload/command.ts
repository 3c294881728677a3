import { HeddleError } from '../../errors.ts';
import type { ReloadHeard } from '../../preflight/broadcast-reload.ts';
import { command } from '../command.ts';
import { EXIT } from '../exit.ts';
import { duration } from '../flags/duration.ts';
import { maybe } from '../flags/flag.ts';
import { flagGroup } from '../flags/group.ts';
import type { Formats } from '../output-format.ts';

const RELOADING = flagGroup({
  heading: 'Reloading:',
  flags: {
    wait: maybe('--wait [duration]', 'wait until each of them was sent it (default 5s)', duration({ min: 1 }), 5000),
  },
});

const FORMATS = {
  human: (session) => (told) => session.print(inWords(told)),
  json:
    (session) =>
    ({ heard, delivered, reason }, ok) =>
      session.json({
        schema_version: 1,
        ok,
        heard: heard ?? null,
        delivered: delivered ?? null,
        reason: reason ?? null,
      }),
} satisfies Formats<(told: ReloadHeard, ok: boolean) => void>;

/** Asks every actor to read its config again. */
export const reload = command({
  formats: FORMATS,
  connects: true,
  examples: [
    ['heddle-ts reload', 'ask every actor to read its config again, and say how many hear it'],
    ['heddle-ts reload --wait 5s', 'and wait until the servers have delivered it to each of them'],
  ],
  groups: [RELOADING],
  run: async (session, _args, { wait }) => {
    const { broadcastReload } = await import('../../preflight/broadcast-reload.ts');
    const bus = await session.connect();
    const told = await broadcastReload(bus, { waitMs: wait, signal: session.stop, clock: session.io.clock });
    const { heard, delivered } = told;
    if (heard === 0) {
      throw new HeddleError('nobody_listens', 'nobody hears a reload: no actor listens on heddle.control.reload', {
        hint: "Routers and schedulers of Heddle never do; workers and pipelines do. See who is there: 'heddle-ts status'.",
      });
    }
    const late = heard !== undefined && delivered !== undefined && delivered < heard;
    FORMATS[session.format](session)(told, !late);
    return late ? EXIT.timeout : EXIT.ok;
  },
});

function inWords({ heard, delivered, reason }: ReloadHeard): string {
  if (heard === undefined) return `sent; somebody hears it, how many is unknown: ${reason}`;
  const actors = heard === 1 ? '1 actor' : `${heard} actors`;
  if (delivered === undefined) return `sent; ${actors} ${heard === 1 ? 'hears' : 'hear'} it`;
  return delivered < heard
    ? `sent; delivered to ${delivered} of ${actors} in the time given; the others may be gone`
    : `sent; delivered to ${heard === 1 ? 'the 1 actor' : `all ${actors}`} that ${heard === 1 ? 'hears' : 'hear'} it`;
}
