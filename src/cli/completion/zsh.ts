import type { MappedCommand, MappedOption } from '../command-map.ts';
import type { Shell } from './shell.ts';

export const zsh: Shell = {
  name: 'zsh',
  script: (map, operands) => `#compdef heddle-ts
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
${map.commands.map((each) => caseOf(each, operands.get(each.name))).join('\n')}
  esac
}
compdef _heddle_ts heddle-ts
# As a file of $fpath this is the body of a function, which completion has just called for the first time.
if [[ "\${funcstack[1]}" == _heddle-ts ]]; then
  _heddle_ts "$@"
fi
`,
};

function caseOf(command: MappedCommand, operands: readonly string[] | undefined): string {
  const specs = command.options.map((option) => `      ${optionSpec(option)}`);
  const operand = operands === undefined ? "'*:file:_files'" : `'1:word:(${operands.join(' ')})'`;
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
