import type { MappedCommand, MappedOption } from '../command-map.ts';
import { type Shell, topLevel } from './shell.ts';

export const fish: Shell = {
  name: 'fish',
  script: (commands, operands) =>
    [
      '# fish completion for heddle-ts; save as ~/.config/fish/completions/heddle-ts.fish',
      'complete -c heddle-ts -n __fish_use_subcommand -f -l help -d "show help"',
      'complete -c heddle-ts -n __fish_use_subcommand -f -l version -d "print the version"',
      ...topLevel(commands).map((name) => offered('__fish_use_subcommand', commands.get(name))),
      ...[...commands].flatMap(([path, each]) => linesOf(path, each, operands.get(path))),
      '',
    ].join('\n'),
};

/** Within a command: its verbs where it has some, else the words that it takes, and its flags. */
function linesOf(path: string, command: MappedCommand, operands: readonly string[] | undefined): string[] {
  const { commands: verbs, options } = command;
  const seen = path.split(' ').map((name) => `__fish_seen_subcommand_from ${name}`);
  const none =
    verbs === undefined ? [] : [`not __fish_seen_subcommand_from ${verbs.map(({ name }) => name).join(' ')}`];
  const condition = quoted([...seen, ...none].join('; and '));
  const within = `complete -c heddle-ts -n ${condition}`;
  return [
    ...(verbs ?? []).map((verb) => offered(condition, verb)),
    ...(operands === undefined || verbs !== undefined ? [] : [`${within} -f -a ${quoted(operands.join(' '))}`]),
    ...options.map((option) => `${within} ${optionPart(option)}`),
  ];
}

function offered(condition: string, command: MappedCommand | undefined): string {
  return `complete -c heddle-ts -n ${condition} -f -a ${command?.name} -d ${quoted(command?.summary ?? '')}`;
}

function optionPart(option: MappedOption): string {
  const parts: string[] = [];
  if (option.long !== null) parts.push(`-l ${option.long.slice(2)}`);
  if (option.short !== null) parts.push(`-s ${option.short.slice(1)}`);
  if (option.takes_value) parts.push('-r');
  if (option.choices !== null) parts.push(`-f -a ${quoted(option.choices.join(' '))}`);
  parts.push(`-d ${quoted(option.description)}`);
  return parts.join(' ');
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
