import { type CommandMap, commandsByPath, type MappedCommand, type MappedOption } from '../command-map.ts';
import type { EXIT } from '../exit.ts';
import { SETTINGS } from '../settings/catalog.ts';
import { bold, entry, heading, prose, roff, subheading, title, typed } from './roff.ts';

/** `day` as in 2026-04-29. */
interface Printing {
  readonly map: CommandMap;
  readonly day: string;
}

/** What the groups of flags are called that many commands have: their page is the one of the program. */
const SHARED: readonly string[] = ['Output:', 'Connection:'];

/** heddle-ts(1): every command in a line, the flags that they share, settings and exit codes. */
export function programPage({ map, day }: Printing): string {
  const all = [...commandsByPath(map.commands).values()];
  const lines = [
    title(map.name, day, `${map.name} ${map.version}`),
    heading('Name'),
    `${roff(map.name)} \\- the operator\\(aqs toolkit for Heddle buses`,
    heading('Synopsis'),
    `${bold(map.name)} \\fIcommand\\fR [\\fIoptions\\fR]`,
    heading('Commands'),
    ...map.commands.flatMap(({ name, summary }) => ['.TP', `${bold(`${map.name}-${name}`)}(1)`, prose(`${summary}.`)]),
    ...SHARED.flatMap((group) => [
      heading(`${group.slice(0, -1)} options`),
      ...richest(all, group).flatMap((option) => optionEntry({ ...option, choices: sharedChoices(option) })),
    ]),
    heading('Exit status'),
    ...Object.entries(map.exit_codes).flatMap(([name, code]) => entry(String(code), MEANINGS[name] ?? name)),
    heading('Environment'),
    ...entry('HEDDLE_OUTPUT', 'the format of the answer, where neither -o nor --json is given.'),
    ...SETTINGS.flatMap(({ variable, flag }) =>
      variable === undefined ? [] : entry(variable, flag === undefined ? (SECRETS[variable] ?? '') : `as ${flag}.`),
    ),
    ...entry('NO_COLOR, FORCE_COLOR', 'no colour, or colour, whatever reads the output.'),
    heading('Files'),
    ...entry('.env', 'settings of the working directory, behind the environment.'),
    ...entry('~/.config/nats/context/', 'contexts of the nats command line: read, never written.'),
    ...entry('~/.cache/heddle-ts/', 'names for completion, kept for some seconds.'),
  ];
  return page(lines);
}

/** One of a command, with those below its name as sections of it. */
export function commandPage({ map, day }: Printing, command: MappedCommand): string {
  const name = `${map.name}-${command.name}`;
  const all = [...commandsByPath([command])];
  const lines = [
    title(name, day, `${map.name} ${map.version}`),
    heading('Name'),
    prose(`${name} - ${lowerFirst(command.summary)}`),
    heading('Synopsis'),
    ...all
      .filter(([, { formats }]) => formats.length > 0)
      .flatMap(([, { usage }], at) => [...(at === 0 ? [] : ['.br']), roff(usage)]),
    ...all.flatMap(([path, each]) => sections(path, each, each === command)),
    heading('See also'),
    `${bold(map.name)}(1)`,
    prose('has the options that every command shares, the exit status, and the environment.'),
  ];
  return page(lines);
}

function sections(path: string, command: MappedCommand, itself: boolean): string[] {
  const groups = new Map<string, MappedOption[]>();
  for (const option of command.options) {
    const group = option.group ?? 'Options:';
    if (!SHARED.includes(group)) groups.set(group, [...(groups.get(group) ?? []), option]);
  }
  const examples = command.examples.flatMap(({ command: line, does }, at) => [
    // mandoc: a paragraph after a heading is none.
    ...(at === 0 && itself ? [] : ['.PP']),
    prose(`${upperFirst(does)}:`),
    '.PP',
    ...typed([line]),
  ]);
  const operands = command.arguments.flatMap(({ name, description }) => entry(name, `${description}.`));
  if (!itself) {
    return [
      heading(path),
      prose(`${command.summary}.`),
      ...operands,
      ...[...groups.values()].flat().flatMap(optionEntry),
      ...examples,
    ];
  }
  const formats = command.formats.length < 2 ? [] : ['.PP', prose(`Formats (-o): ${command.formats.join(', ')}.`)];
  return [
    heading('Description'),
    prose(`${command.summary}.`),
    ...formats,
    ...(operands.length === 0 ? [] : [heading('Arguments'), ...operands]),
    ...(groups.size === 0 ? [] : [heading('Options')]),
    ...[...groups].flatMap(([group, options]) => [
      ...(group === 'Options:' ? [] : [subheading(group.replace(/:$/, ''))]),
      ...options.flatMap(optionEntry),
    ]),
    ...(examples.length === 0 ? [] : [heading('Examples'), ...examples]),
  ];
}

function optionEntry({ flags, description, choices, default: usual }: MappedOption): string[] {
  const more = [
    ...(choices === null ? [] : [choices.join(', ')]),
    ...(usual === null ? [] : [`default ${String(usual)}`]),
  ];
  return entry(flags, more.length === 0 ? description : `${description} (${more.join('; ')})`);
}

/** As the command has them that has most. */
function richest(commands: readonly MappedCommand[], group: string): readonly MappedOption[] {
  const all = commands.map(({ options }) => options.filter((option) => option.group === group));
  return all.reduce((best, next) => (next.length > best.length ? next : best), []);
}

/** Which formats a command has stands on its own page. */
function sharedChoices({ long, choices }: MappedOption): readonly string[] | null {
  return long === '--output' ? null : choices;
}

const MEANINGS: Readonly<Record<string, string>> = {
  ok: 'done; with --wait: the task completed.',
  no: 'the answer is no: a check failed, a config is invalid, a task failed, an expectation was not met.',
  usage: 'an unknown flag, a bad value, input that was named and cannot be read, no file that matches.',
  bus: 'the bus cannot be used: unreachable, authentication, TLS, permission.',
  undelivered: 'nobody listens, or the router refused it.',
  internal: 'a bug in heddle-ts: the stack, and where to report it.',
  timeout: 'waited long enough; the task may still run.',
  interrupted: 'SIGINT, after a clean close.',
  terminated: 'SIGTERM, after a clean close. What runs until it is stopped ends with 0 instead.',
} satisfies Record<keyof typeof EXIT, string>;

const SECRETS: Readonly<Record<string, string>> = {
  NATS_JWT: 'a user JWT itself.',
  NATS_SEED: 'the seed that belongs to it, itself.',
};

function page(lines: readonly string[]): string {
  return `${lines.filter((line) => line !== '').join('\n')}\n`;
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
const upperFirst = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
