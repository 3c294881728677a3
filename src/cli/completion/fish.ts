import type { MappedCommand, MappedOption } from '../command-map.ts';
import type { Shell } from './shell.ts';

export const fish: Shell = {
  name: 'fish',
  script: (map, operands) =>
    [
      '# fish completion for heddle-ts; save as ~/.config/fish/completions/heddle-ts.fish',
      'complete -c heddle-ts -n __fish_use_subcommand -f -l help -d "show help"',
      'complete -c heddle-ts -n __fish_use_subcommand -f -l version -d "print the version"',
      ...map.commands.flatMap((each) => linesOf(each, operands.get(each.name))),
      '',
    ].join('\n'),
};

function linesOf(command: MappedCommand, operands: readonly string[] | undefined): string[] {
  const within = `complete -c heddle-ts -n ${quoted(`__fish_seen_subcommand_from ${command.name}`)}`;
  return [
    `complete -c heddle-ts -n __fish_use_subcommand -f -a ${command.name} -d ${quoted(command.summary)}`,
    ...(operands === undefined ? [] : [`${within} -f -a ${quoted(operands.join(' '))}`]),
    ...command.options.map((option) => `${within} ${optionPart(option)}`),
  ];
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
