import type { Group } from '../../../deadletter/groups.ts';
import { KIND_WORDS } from '../../../letters/kind.ts';
import { counted, formatCount } from '../../screen/count.ts';
import { disarmLine } from '../../screen/disarm.ts';
import { wrapped } from '../../screen/wrap.ts';
import type { TopScreen, TopState } from '../screen.ts';
import { clockText, shellWord } from '../words.ts';

/** What failed, by cause, as `dead-letter groups` shows it: what is kept, or where nothing is kept what passed. */
export const deadLetters: TopScreen<Group> = {
  title: 'Dead letters',
  replays: true,
  rows: ({ model, letters }) =>
    (letters.state === 'read' ? letters.groups : model.failures.list()).map((group) => ({ ...group })),
  id: ({ fingerprint }) => fingerprint,
  fields: ({ fingerprint, kind, cause, worker, place, reason, count, firstAt, lastAt, returned }) => ({
    group: fingerprint,
    kind,
    cause,
    worker_type: worker ?? null,
    place: place === '' ? null : place,
    reason,
    count,
    returned,
    first_at: new Date(firstAt).toISOString(),
    last_at: new Date(lastAt).toISOString(),
  }),
  places: ['cause', 'place', 'first_at'],
  columns: [
    {
      key: 'group',
      header: 'GROUP',
      cell: ({ fingerprint }, { style }) => ({ text: fingerprint, style: style.accent }),
    },
    { key: 'count', header: 'COUNT', align: 'right', cell: ({ count }) => formatCount(count) },
    { key: 'returned', header: 'BACK', align: 'right', rank: 4, cell: ({ returned }) => formatCount(returned) },
    { key: 'kind', header: 'KIND', rank: 2, cell: ({ kind }) => kind },
    { key: 'worker_type', header: 'WORKER', rank: 3, shrinks: true, cell: ({ worker }) => worker ?? '-' },
    { key: 'last_at', header: 'LAST', rank: 1, cell: ({ lastAt }) => clockText(lastAt) },
    { key: 'reason', header: 'REASON', shrinks: true, cell: ({ reason }) => reason.slice(0, 200) },
  ],
  head: (rows, state) => `${sourceOf(state)}: ${lettersIn(rows)}${beyondText(state)}`,
  nothing: ({ letters }) =>
    letters.state === 'unknown'
      ? `what is kept is unknown: ${letters.reason}`
      : letters.state === 'read'
        ? 'no dead letters are kept'
        : 'nothing failed since this view began; what failed before is not known',
  detail: (
    { fingerprint, kind, cause, worker, place, reason, count, firstAt, lastAt, returned, samples },
    state,
    { width },
  ) => [
    `group ${fingerprint}: ${counted(count, 'letter')}, ${KIND_WORDS[kind][1]} (${cause})`,
    ...(worker === undefined ? [] : [disarmLine(`worker ${worker}${place === '' ? '' : ` (${place})`}`)]),
    `first ${clockText(firstAt)}, last ${clockText(lastAt)}`,
    ...(returned === 0 ? [] : [`${formatCount(returned)} of them had been sent again before`]),
    '',
    ...wrapped(reason, width, ''),
    '',
    ...whereKept(state, samples).flatMap((line) => wrapped(line, width, '')),
  ],
  commands: (_rows, where, { letters }) => {
    const worker = /^worker_type={1,2}([^ ]+)$/.exec(where?.written ?? '')?.[1];
    const groups = `heddle-ts dead-letter groups${worker === undefined ? '' : ` --worker ${shellWord(worker)}`}`;
    if (letters.state !== 'unkept') return [`${groups} -o json`];
    return [`heddle-ts dead-letter watch ${FOLDER} -o ndjson`, `${groups} ${FOLDER} -o json`];
  },
};

/** Where no stream can keep them. */
const FOLDER = '--store ./dead-letters';

/** What passed is told without its letters: whoever keeps some has given them names of their own. */
function whereKept({ letters }: TopState, samples: readonly string[]): readonly string[] {
  switch (letters.state) {
    case 'read':
      return [`latest: ${samples.join(' ')}`, `heddle-ts dead-letter show ${samples.at(-1) ?? ''}`];
    case 'unkept':
      return [
        `no stream keeps them${letters.jetStream ? '' : ', and this server has no JetStream'}. From now on this keeps what fails:`,
        `heddle-ts dead-letter ${letters.jetStream ? 'enable' : `watch ${FOLDER}`}`,
        'What a folder keeps already is seen with: heddle-ts dead-letter groups --store',
      ];
    case 'unknown':
      return [`what is kept is unknown: ${letters.reason}`];
    case 'unread':
      return ['what is kept is being read'];
  }
}

function sourceOf({ letters, model }: TopState): string {
  switch (letters.state) {
    case 'read':
      return `kept, read at ${clockText(letters.readAt)}`;
    case 'unkept':
      return `no stream keeps them, and no folder is read here; seen since ${clockText(model.beganAt)}`;
    case 'unknown':
      return `what is kept is unknown (${letters.reason}); seen since ${clockText(model.beganAt)}`;
    case 'unread':
      return `seen since ${clockText(model.beganAt)}; what is kept is being read`;
  }
}

function lettersIn(rows: readonly Group[]): string {
  const letters = rows.reduce((sum, { count }) => sum + count, 0);
  return `${counted(letters, 'letter')} in ${counted(rows.length, 'group')}`;
}

function beyondText({ letters, model }: TopState): string {
  const beyond = letters.state === 'read' ? letters.beyond : model.failures.beyond;
  return beyond === 0 ? '' : `, ${counted(beyond, 'letter')} more in groups too many to tell apart`;
}
