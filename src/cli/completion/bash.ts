import { below, type Completed, type Shell, topLevel } from './shell.ts';
import type { Values } from './values.ts';

export const bash: Shell = {
  name: 'bash',
  script: (commands) => `# bash completion for heddle-ts; load with: source <(heddle-ts completion bash)
_heddle_ts_files() {
  local IFS=$'\\n'
  compopt -o filenames 2>/dev/null
  COMPREPLY=($(compgen "$1" -- "$2"))
}
# Names from a bus are compared as text: compgen -W would run what stands in them.
_heddle_ts_ask() {
  local name
  while IFS= read -r name; do
    if [[ "$name" == "$2"* ]]; then COMPREPLY+=("$name"); fi
  done < <(heddle-ts completion values "$1" "\${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
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
${[...commands].flatMap(valueCases).join('\n')}
  esac
  if [[ "$current" != -* ]]; then
    case "$command" in
${[...commands].map(([path, { operands }]) => `      "${path}") ${offer(operands)} ;;`).join('\n')}
    esac
    return
  fi
  case "$command" in
${[...commands].map(([path, each]) => `    "${path}") COMPREPLY=($(compgen -W "${flags(each)}" -- "$current")) ;;`).join('\n')}
  esac
}
complete -F _heddle_ts heddle-ts
`,
};

type Option = Completed['options'][number];

function flags({ options }: Completed): string {
  return [...options.flatMap(names), '--help'].join(' ');
}

function names(option: Option): string[] {
  return [option.long, option.short].filter((each) => each !== null);
}

/** One case for all flags of a command behind which the same may stand. */
function valueCases([path, { options }]: readonly [string, Completed]): string[] {
  const cases = new Map<string, string[]>();
  for (const option of options) {
    if (option.values === undefined || isOptional(option)) continue;
    const offered = offer(option.values);
    cases.set(offered, [...(cases.get(offered) ?? []), ...names(option).map((name) => `"${path}:${name}"`)]);
  }
  return [...cases].map(([offered, patterns]) => `    ${patterns.join('|')}) ${offered}; return ;;`);
}

/** What follows such a flag may as well be the next flag or word. */
function isOptional({ flags }: Option): boolean {
  return flags.includes('[');
}

function offer(values: Values): string {
  if (values === 'files') return '_heddle_ts_files -f "$current"';
  if (values === 'folders') return '_heddle_ts_files -d "$current"';
  if (values === 'anything') return ':';
  const words = values.words ?? [];
  const fixed = words.length === 0 ? [] : [`COMPREPLY=($(compgen -W "${words.join(' ')}" -- "$current"))`];
  const asked = 'ask' in values ? [`_heddle_ts_ask ${values.ask} "$current"`] : [];
  return [...fixed, ...asked].join('; ');
}
