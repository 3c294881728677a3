import { below, type Completed, type Shell, topLevel } from './shell.ts';
import type { Values } from './values.ts';

export const zsh: Shell = {
  name: 'zsh',
  script: (commands) => `#compdef heddle-ts
# zsh completion for heddle-ts; save as _heddle-ts in a folder of $fpath
_heddle_ts_ask() {
  local -a found
  # What it asks for stands last, behind what _arguments puts in; fixed words may follow it after a comma.
  local asked="\${argv[-1]}"
  found=(\${(f)"$(heddle-ts completion values "\${asked%%,*}" "$_heddle_ts_line" 2>/dev/null)"})
  [[ "$asked" == *,* ]] && found+=(\${(s:,:)asked#*,})
  (( $#found )) && compadd -a found
}
_heddle_ts() {
  local -a commands
  commands=(
${topLevel(commands)
  .map((name) => `    ${quoted(`${name}:${commands.get(name)?.command.summary ?? ''}`)}`)
  .join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe 'command' commands
    return
  fi
  local _heddle_ts_line="\${(j: :)words[1,CURRENT]}"
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
${[...commands].map(([path, each]) => caseOf(path, each)).join('\n')}
  esac
}
compdef _heddle_ts heddle-ts
# As a file of $fpath this is the body of a function, which completion has just called for the first time.
if [[ "\${funcstack[1]}" == _heddle-ts ]]; then
  _heddle_ts "$@"
fi
`,
};

function caseOf(path: string, { command, options, operands }: Completed): string {
  const specs = options.map((option) => `      ${optionSpec(option)}`);
  const first = command.arguments[0]?.variadic === true ? '*' : '1';
  const operand = operands === 'anything' ? [] : [`      ${quoted(`${first}:${action(operands)}`)}`];
  return `    ("${path}") _arguments \\\n${[...specs, ...operand].join(' \\\n')} ;;`;
}

function optionSpec(option: Completed['options'][number]): string {
  const names = [option.short, option.long].filter((each) => each !== null);
  const optional = option.flags.includes('[') ? ':' : '';
  const value = option.values === undefined ? '' : `${optional}:${action(option.values)}`;
  const text = `[${option.description.replaceAll(/[[\]]/g, '\\$&').replaceAll(':', '\\:')}]${value}`;
  const repeat = option.repeatable ? '*' : '';
  return names.map((name) => quoted(`${repeat}${name}${text}`)).join(' ');
}

/** What it is called, and how it is completed. */
function action(values: Values): string {
  if (values === 'files') return 'file:_files';
  if (values === 'folders') return 'folder:_files -/';
  if (values === 'anything') return 'value: ';
  if ('ask' in values) return `${values.ask}:_heddle_ts_ask ${[values.ask, ...(values.words ?? [])].join(',')}`;
  return `word:(${values.words.join(' ')})`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
