import { resolve } from 'node:path';
import { HeddleError } from '../../errors.ts';
import { command } from '../command.ts';
import { EXIT } from '../exit.ts';
import { text, toggle } from '../flags/flag.ts';
import { flagGroup } from '../flags/group.ts';
import type { Formats } from '../output-format.ts';
import { counted } from '../screen/count.ts';

interface Disabled {
  readonly streams: readonly string[];
  /** Letters that were written to a file first. */
  readonly exported: number | undefined;
}

const REMOVING = flagGroup({
  heading: 'Removing:',
  flags: {
    export: text('--export <file>', 'write every letter there first'),
    discard: toggle('--discard', 'write them nowhere: they are gone'),
    yes: toggle('--yes', 'remove: without it, only say what would be removed'),
  },
  rules: [{ flag: 'export', excludes: 'discard' }],
});

const FORMATS = {
  human: (session) => (done, removed) => session.print(inWords(done, removed)),
  json: (session) => (done, removed) =>
    session.json({ schema_version: 1, ok: removed, removed, streams: done.streams, exported: done.exported ?? null }),
} satisfies Formats<(done: Disabled, removed: boolean) => void>;

/** Takes the streams and the journal away again. */
export const disableCommand = command({
  formats: FORMATS,
  connects: true,
  examples: [
    ['heddle-ts dead-letter disable', 'says what would be removed'],
    ['heddle-ts dead-letter disable --export letters.ndjson --yes', 'writes all letters to a file, then removes'],
  ],
  groups: [REMOVING],
  run: async (session, _args, { export: file, discard, yes }) => {
    const { io } = session;
    const [{ disable, standing }, { openJetStreamHome }] = await Promise.all([
      import('../../deadletter/enable.ts'),
      import('../../letters/jetstream-home.ts'),
    ]);
    const bus = await session.connect();
    const streams = await standing(bus, io.clock);
    if (streams.length === 0) {
      throw new HeddleError('no_match', `nothing of ours keeps dead letters on ${bus.url}`, {
        hint: 'There is nothing to remove.',
      });
    }
    if (yes && file === undefined && !discard) {
      throw new HeddleError('usage', 'what is kept would be gone', {
        hint: 'Write it to a file with --export <file>, or say --discard.',
      });
    }
    const show = FORMATS[session.format](session);
    if (!yes) {
      show({ streams, exported: undefined }, false);
      return EXIT.no;
    }
    let exported: number | undefined;
    if (file !== undefined) {
      const { exportTo } = await import('./export-file.ts');
      const home = await openJetStreamHome(bus, io.clock);
      session.atEnd(() => home.close());
      exported = await exportTo(resolve(io.cwd, file), home, session);
    }
    show({ streams: await disable(bus, io.clock), exported }, true);
    return EXIT.ok;
  },
});

function inWords({ streams, exported }: Disabled, removed: boolean): string {
  if (!removed) return `would remove ${streams.join(', ')}; --yes removes, with --export <file> or --discard`;
  const before = exported === undefined ? '' : `exported ${counted(exported, 'letter')}; `;
  return `${before}removed ${streams.join(', ')}`;
}
