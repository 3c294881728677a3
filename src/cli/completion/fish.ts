import type { MappedCommand } from '../command-map.ts';
import { type Completed, type Shell, topLevel } from './shell.ts';
import type { Values } from './values.ts';

export const fish: Shell = {
  name: 'fish',
  script: (commands) =>
    [
      '# fish completion for heddle-ts; save as ~/.config/fish/completions/heddle-ts.fish',
      'function __heddle_ts_ask',
      '    heddle-ts completion values $argv[1] (commandline -cp | string collect) 2>/dev/null',
      'end',
      'complete -c heddle-ts -n __fish_use_subcommand -f -l help -d "show help"',
      'complete -c heddle-ts -n __fish_use_subcommand -f -l version -d "print the version"',
      ...topLevel(commands).map((name) => offered('__fish_use_subcommand', commands.get(name)?.command)),
      ...[...commands].flatMap(([path, each]) => linesOf(path, each)),
      '',
    ].join('\n'),
};

/** Within a command: its verbs where it has some, the words that it takes, and its flags. */
function linesOf(path: string, { command, operands, options }: Completed): string[] {
  const { commands: verbs } = command;
  const seen = path.split(' ').map((name) => `__fish_seen_subcommand_from ${name}`);
  const none =
    verbs === undefined ? [] : [`not __fish_seen_subcommand_from ${verbs.map(({ name }) => name).join(' ')}`];
  const condition = quoted([...seen, ...none].join('; and '));
  const within = `complete -c heddle-ts -n ${condition}`;
  return [
    ...(verbs ?? []).map((verb) => offered(condition, verb)),
    ...operandLines(within, operands, verbs),
    ...options.map((option) => `${within} ${optionPart(option)}`),
  ];
}

/** Verbs are offered with what they do. */
function operandLines(within: string, operands: Values, verbs: readonly MappedCommand[] | undefined): string[] {
  if (operands === 'files') return [];
  if (verbs === undefined || operands === 'anything') return [`${within} ${offer(operands)}`];
  return 'ask' in Object(operands) ? [`${within} -f -a '(__heddle_ts_ask letters)'`] : [];
}

function offered(condition: string, command: MappedCommand | undefined): string {
  return `complete -c heddle-ts -n ${condition} -f -a ${command?.name} -d ${quoted(command?.summary ?? '')}`;
}

function optionPart(option: Completed['options'][number]): string {
  const parts: string[] = [];
  if (option.long !== null) parts.push(`-l ${option.long.slice(2)}`);
  if (option.short !== null) parts.push(`-s ${option.short.slice(1)}`);
  // A value that may be left out is written with an equals sign or not at all: the next word is completed as it is.
  if (option.values !== undefined && !option.flags.includes('[')) parts.push('-r', offer(option.values));
  parts.push(`-d ${quoted(option.description)}`);
  return parts.filter((part) => part !== '').join(' ');
}

/** No files, but where files belong. */
function offer(values: Values): string {
  if (values === 'files') return '';
  if (values === 'folders') return "-f -a '(__fish_complete_directories)'";
  if (values === 'anything') return '-f';
  const asked = 'ask' in values ? [`(__heddle_ts_ask ${values.ask})`] : [];
  return `-f -a ${quoted([...(values.words ?? []), ...asked].join(' '))}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
