/** Every key of `top`; docs/top.md has the same table, and a test holds the page to this one. */
export const KEYS: readonly (readonly [key: string, does: string])[] = [
  ['1 to 6, Tab', 'the screens'],
  ['up, down, PgUp, PgDn, Home, End', 'choose a row; j, k, g and G as well'],
  ['Enter', 'a closer look at the row: the way of a task, the stages of a goal, a message'],
  ['/', 'show only what passes, as --where: worker_type=echo, waited_ms>5000, error~timeout; or a word'],
  ['< >', 'sort by another column; r the other way round'],
  ['space', 'hold the picture; what happens is still counted'],
  ['u', 'ask the servers, and read the kept dead letters, now'],
  ['y', 'the commands that give the same to a script; Y copies them, through the terminal (OSC 52)'],
  ['s', 'write the screen and its data to a file'],
  ['Esc', 'back: from a closer look, from a filter, from a sorting'],
  ['?', 'this'],
  ['q', 'end; Ctrl-C as well, Ctrl-Z stops'],
];

/** With --allow-write. */
export const WRITE_KEYS: typeof KEYS = [
  ['R', 'ask every actor to read its config again; asks first'],
  ['P', 'send the chosen group of dead letters again; asks first'],
];

export function helpLines(allowWrite: boolean): readonly string[] {
  const all = allowWrite ? [...KEYS, ...WRITE_KEYS] : KEYS;
  return [
    'keys',
    '',
    ...all.flatMap(([key, does]) => [`  ${key}`, `      ${does}`]),
    '',
    ...(allowWrite ? [] : ['  This view sends nothing; with --allow-write it reloads and sends dead letters again.']),
    '  A question mark stands for what is not known, a dash for what is not there.',
  ];
}
