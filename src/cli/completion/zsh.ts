import type { MappedCommand, MappedOption } from '../command-map.ts';
import { below, type Shell, topLevel } from './shell.ts';

export const zsh: Shell = {
  name: 'zsh',
  script: (commands, operands) => `#compdef heddle-ts
# zsh completion for heddle-ts; save as _heddle-ts in a folder of $fpath
_heddle_ts() {
  local -a commands
  commands=(
${topLevel(commands)
  .map((name) => `    ${quoted(`${name}:${commands.get(name)?.summary ?? ''}`)}`)
  .join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe 'command' commands
    return
  fi
  local command="\${words[2]}"
  integer depth=1
  # A command may have commands below its name.
  while (( depth + 2 < CURRENT )); do
    case "$command \${words[depth + 2]}" in
      (${below(commands)}) command="$command \${words[depth + 2]}"; (( depth++ )) ;;
      (*) break ;;
    esac
  done
  shift $depth words; (( CURRENT -= depth ))
  case "$command" in
${[...commands].map(([path, each]) => caseOf(path, each, operands.get(path))).join('\n')}
  esac
}
compdef _heddle_ts heddle-ts
# As a file of $fpath this is the body of a function, which completion has just called for the first time.
if [[ "\${funcstack[1]}" == _heddle-ts ]]; then
  _heddle_ts "$@"
fi
`,
};

function caseOf(path: string, command: MappedCommand, operands: readonly string[] | undefined): string {
  const specs = command.options.map((option) => `      ${optionSpec(option)}`);
  const operand = operands === undefined ? "'*:file:_files'" : `'1:word:(${operands.join(' ')})'`;
  return `    ("${path}") _arguments \\\n${[...specs, `      ${operand}`].join(' \\\n')} ;;`;
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
