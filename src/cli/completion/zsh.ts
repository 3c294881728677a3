import type { MappedCommand, MappedOption } from '../command-map.ts';
import type { Shell } from './list.ts';

export const zsh: Shell = {
  name: 'zsh',
  script: (map) => `#compdef heddle-ts
# zsh completion for heddle-ts; save as _heddle-ts in a folder of $fpath
_heddle_ts() {
  local -a commands
  commands=(
${map.commands.map((each) => `    ${quoted(`${each.name}:${each.summary}`)}`).join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe 'command' commands
    return
  fi
  case "\${words[2]}" in
${map.commands.map(caseOf).join('\n')}
  esac
}
compdef _heddle_ts heddle-ts
`,
};

function caseOf(command: MappedCommand): string {
  const specs = command.options.map((option) => `      ${optionSpec(option)}`);
  const operand = command.name === 'help' ? "'*:command:(($commands))'" : "'*:file:_files'";
  return `    ${command.name}) shift words; (( CURRENT-- )); _arguments \\\n${[...specs, `      ${operand}`].join(' \\\n')} ;;`;
}

function optionSpec(option: MappedOption): string {
  const names = [option.short, option.long].filter((each) => each !== null);
  const value = !option.takes_value
    ? ''
    : `:${option.choices === null ? 'value:_files' : `value:(${option.choices.join(' ')})`}`;
  const text = `[${option.description.replaceAll(/[[\]]/g, '\\$&').replaceAll(':', '\\:')}]${value}`;
  const repeat = option.repeatable ? '*' : '';
  return names.map((name) => quoted(`${repeat}${name}${text}`)).join(' ');
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
