import type { MappedCommand, MappedOption } from '../command-map.ts';
import { below, type Shell, topLevel } from './shell.ts';

export const bash: Shell = {
  name: 'bash',
  script: (commands, operands) => `# bash completion for heddle-ts; load with: source <(heddle-ts completion bash)
_heddle_ts_files() {
  local IFS=$'\\n'
  compopt -o filenames 2>/dev/null
  COMPREPLY=($(compgen -f -- "$1"))
}
_heddle_ts() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command="\${COMP_WORDS[1]}" at
  # bash takes --flag=value apart at the equals sign.
  if [ "$current" = "=" ]; then
    current=""
  elif [ "$previous" = "=" ]; then
    previous="\${COMP_WORDS[COMP_CWORD-2]}"
  fi
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${topLevel(commands).join(' ')} --help --version" -- "$current"))
    return
  fi
  # A command may have commands below its name.
  for (( at = 2; at < COMP_CWORD; at++ )); do
    case "$command \${COMP_WORDS[at]}" in
      ${below(commands)}) command="$command \${COMP_WORDS[at]}" ;;
      *) break ;;
    esac
  done
  case "$command:$previous" in
${[...commands].flatMap(choiceCases).join('\n')}
  esac
  if [[ "$current" != -* ]]; then
    case "$command" in
${[...operands].map(([path, taken]) => `      "${path}") COMPREPLY=($(compgen -W "${taken.join(' ')}" -- "$current")) ;;`).join('\n')}
      *) _heddle_ts_files "$current" ;;
    esac
    return
  fi
  case "$command" in
${[...commands].map(([path, each]) => `    "${path}") COMPREPLY=($(compgen -W "${words(each)}" -- "$current")) ;;`).join('\n')}
  esac
}
complete -F _heddle_ts heddle-ts
`,
};

function words(command: MappedCommand): string {
  return [...command.options.flatMap(names), '--help'].join(' ');
}

function names(option: MappedOption): string[] {
  return [option.long, option.short].filter((each) => each !== null);
}

function choiceCases([path, command]: readonly [string, MappedCommand]): string[] {
  return command.options
    .filter((option) => option.choices !== null)
    .map((option) => {
      const patterns = names(option).map((name) => `"${path}:${name}"`);
      return `    ${patterns.join('|')}) COMPREPLY=($(compgen -W "${(option.choices ?? []).join(' ')}" -- "$current")); return ;;`;
    });
}
