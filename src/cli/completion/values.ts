import type { MappedCommand, MappedOption } from '../command-map.ts';
import type { Asked } from './asked.ts';

/** What may stand at one place of a command line. */
export type Values =
  /** Known when the script is made. */
  | { readonly words: readonly string[] }
  /** Known when somebody types: the shell asks this program for them. `words` may stand there besides. */
  | { readonly ask: Asked; readonly words?: readonly string[] | undefined }
  | 'files'
  | 'folders'
  /** Whatever the user makes up: a number, a time, a text. */
  | 'anything';

/** By the flag, or by command and flag where commands differ. What is not here is judged by the word that stands for its value. */
export type Vocabulary = ReadonlyMap<string, Values>;

/** The lists are those that the commands themselves read. */
export async function vocabulary(): Promise<Vocabulary> {
  const [{ CHECKS }, { PLAIN }, { RULE_IDS }, { CONFIG_KINDS }, { MODEL_TIERS, STATUSES_OF_A }, ...more] =
    await Promise.all([
      import('../../preflight/checks/list.ts'),
      import('../../preflight/expectation.ts'),
      import('../../validate/rules/list.ts'),
      import('../../config/kind.ts'),
      import('../../contract/messages.ts'),
      import('../../contract/roles.ts'),
      import('../../letters/kind.ts'),
      import('../../tail/ending.ts'),
      import('../../tail/slips.ts'),
    ]);
  const [{ ROLES }, { CAUSES, KINDS }, { FAIL_WORDS }, { MESSAGE_KINDS }] = more;
  return new Map<string, Values>([
    ['--nats-context', { ask: 'contexts' }],
    ['--worker', { ask: 'workers' }],
    ['--worker-type', { ask: 'workers' }],
    ['--smoke', { ask: 'targets' }],
    ['--to', { ask: 'targets' }],
    ['--group', { ask: 'groups' }],
    ['--tier', { ask: 'tiers', words: MODEL_TIERS }],
    ['worker --tier', { words: MODEL_TIERS }],
    ['--status', { words: STATUSES_OF_A }],
    ['tail --kind', { words: MESSAGE_KINDS }],
    ['--kind', { words: KINDS }],
    ['--cause', { words: CAUSES }],
    ['--role', { words: ROLES }],
    ['--expect', { words: [...PLAIN, 'gateway'] }],
    ['tail --expect', 'anything'],
    ['--probe', { words: ['ready', 'live'] }],
    ['preflight --ignore', { words: CHECKS.map(({ id }) => id) }],
    ['validate --ignore', { words: RULE_IDS }],
    ['--explain', { words: RULE_IDS }],
    ['--as', { words: CONFIG_KINDS }],
    ['--fail-on', { words: ['error', 'warning'] }],
    ['tail --fail-on', { words: FAIL_WORDS }],
    ['--against', 'files'],
    ['--bus', { words: ['auto', 'nats-server', 'builtin'] }],
  ]);
}

/** What may follow a flag that takes a value. */
export function valuesOf(path: string, option: MappedOption, known: Vocabulary): Values {
  if (option.choices !== null) return { words: option.choices };
  const named = known.get(`${path} ${option.long}`) ?? known.get(option.long ?? '');
  return named ?? byPlaceholder(/[<[]([^>\]]*)/.exec(option.flags)?.[1] ?? '');
}

/** What may stand beside the flags. */
export function operandsOf(path: string, command: MappedCommand, words: readonly string[]): Values {
  const name = command.arguments[0]?.name;
  const verbs = [...words, ...(command.commands ?? []).map((each) => each.name)];
  if (name === 'worker_type') return { ask: 'workers' };
  if (path.startsWith('dead-letter') && (name === 'id' || name === 'ids')) return { ask: 'letters', words: verbs };
  if (verbs.length > 0) return { words: verbs };
  return name === undefined ? 'anything' : byPlaceholder(name);
}

function byPlaceholder(placeholder: string): Values {
  if (/path|file|module|\.yaml/.test(placeholder)) return 'files';
  return /dir|folder/.test(placeholder) ? 'folders' : 'anything';
}
