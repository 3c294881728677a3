import { HeddleError } from '../../errors.ts';
import type { CommandSpec } from '../command.ts';
import { EXIT } from '../exit.ts';

/** Asks every actor to read its config again. */
export const reload: CommandSpec = {
  formats: ['human', 'json'],
  connects: true,
  examples: [
    ['heddle-ts reload', 'ask every actor to read its config again, and say how many hear it'],
    ['heddle-ts reload --wait 5s', 'and wait until the servers have delivered it to each of them'],
  ],
  declare: (command) => {
    command.optionsGroup('Reloading:');
    command.option('--wait [duration]', 'wait until each of them was sent it (default 5s)');
  },
  run: async (session, _args, options) => {
    const [{ broadcastReload }, { parseDuration }] = await Promise.all([
      import('../../preflight/broadcast-reload.ts'),
      import('../settings/duration.ts'),
    ]);
    const waitMs =
      options.wait === undefined
        ? undefined
        : typeof options.wait === 'string'
          ? parseDuration(options.wait, '--wait', { min: 1 })
          : 5000;
    const bus = await session.connect();
    const { heard, delivered, reason } = await broadcastReload(bus, {
      waitMs,
      signal: session.stop,
      clock: session.io.clock,
    });
    if (heard === 0) {
      throw new HeddleError('nobody_listens', 'nobody hears a reload: no actor listens on heddle.control.reload', {
        hint: "Routers and schedulers of Heddle never do; workers and pipelines do. See who is there: 'heddle-ts status'.",
      });
    }
    const late = heard !== undefined && delivered !== undefined && delivered < heard;
    if (session.format === 'json') {
      session.json({
        schema_version: 1,
        ok: !late,
        heard: heard ?? null,
        delivered: delivered ?? null,
        reason: reason ?? null,
      });
    } else {
      session.print(inWords(heard, delivered, reason));
    }
    return late ? EXIT.timeout : EXIT.ok;
  },
};

function inWords(heard: number | undefined, delivered: number | undefined, reason: string | undefined): string {
  if (heard === undefined) return `sent; somebody hears it, how many is unknown: ${reason}`;
  const actors = heard === 1 ? '1 actor' : `${heard} actors`;
  if (delivered === undefined) return `sent; ${actors} ${heard === 1 ? 'hears' : 'hear'} it`;
  return delivered < heard
    ? `sent; delivered to ${delivered} of ${actors} in the time given; the others may be gone`
    : `sent; delivered to ${heard === 1 ? 'the 1 actor' : `all ${actors}`} that ${heard === 1 ? 'hears' : 'hear'} it`;
}
