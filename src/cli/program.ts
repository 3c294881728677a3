import { Command, CommanderError, Help } from 'commander';
import { VERSION } from '../version.ts';
import type { CommandEntry, CommandSpec } from './command.ts';
import type { WholeProgram } from './command-map.ts';
import { COMMANDS } from './commands.ts';
import { outputGroup } from './flags/frame.ts';
import { declareGroup, type FlagGroup, type Found } from './flags/group.ts';
import { CONNECTION } from './settings/flags.ts';
import { usageError } from './usage-error.ts';

/** What was asked, after Commander has read the command line. */
export type Request =
  | { readonly ask: 'help'; readonly text: string }
  /** The help of the program as a whole. */
  | { readonly ask: 'overview' }
  | { readonly ask: 'version' }
  /** Not one word that says what to do; where a command was named that needs another word, its help. */
  | { readonly ask: 'nothing'; readonly text?: string | undefined }
  | {
      readonly ask: 'run';
      /** As it is typed: `tail`, `dead-letter list`. */
      readonly name: string;
      readonly spec: CommandSpec;
      readonly args: readonly string[];
      readonly found: Found;
    };

export interface Shape {
  readonly width: number;
  readonly color: boolean;
}

/** Reads the command line. Only the command that is named is loaded. Throws `usage` errors. */
export async function readCommandLine(argv: readonly string[], shape: Shape): Promise<Request> {
  const path = await namedBy(argv);
  const names = path.map(({ name }) => name);
  const spec = await path.at(-1)?.load?.();
  let request: Request | undefined;
  let helpText = '';
  const program = createProgram(shape, (text) => {
    helpText += text;
  });
  const named = await addNamed(program, COMMANDS, path);
  if (named !== undefined && spec !== undefined) {
    declareCommand(named, spec, shape.width);
    named.action(() => {
      request = { ask: 'run', name: names.join(' '), spec, args: named.args, found: foundBy(named) };
    });
  }
  // `--help submit` asks what `submit --help` asks.
  const words = named !== undefined && /^(-h|--help)$/.test(argv[0] ?? '') ? [...names, '--help'] : [...argv];
  try {
    program.parse(words, { from: 'user' });
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
    switch (thrown.code) {
      case 'commander.version':
        return { ask: 'version' };
      case 'commander.helpDisplayed':
        return named === undefined ? { ask: 'overview' } : { ask: 'help', text: helpText };
      case 'commander.help':
        return { ask: 'nothing', text: named === undefined ? undefined : helpText };
      default:
        throw usageError(thrown, argv, names, named ?? program);
    }
  }
  return request ?? { ask: 'nothing' };
}

const WHOLE: Shape = { width: 100, color: false };

/** The whole program with every command loaded: for the command map and completion scripts. */
export async function loadWholeProgram(): Promise<WholeProgram> {
  const program = createProgram(WHOLE, () => {});
  const specs = new Map<Command, CommandSpec>();
  const addAll = async (parent: Command, entries: readonly CommandEntry[]): Promise<void> => {
    for (const entry of entries) {
      if (entry.hidden) continue;
      const command = addCommand(parent, entry);
      const spec = await entry.load?.();
      if (spec !== undefined) {
        declareCommand(command, spec, WHOLE.width);
        specs.set(command, spec);
      }
      await addAll(command, (await entry.verbs?.()) ?? []);
    }
  };
  await addAll(program, COMMANDS);
  return { program, specs };
}

/**
 * The entries that the words name, from the outermost in: the first word that is no flag, because the program itself has no flag that
 * takes a value, and what follows it at once as long as it is a verb of the word before.
 */
async function namedBy(argv: readonly string[]): Promise<readonly CommandEntry[]> {
  const path: CommandEntry[] = [];
  let entries: readonly CommandEntry[] = COMMANDS;
  for (const word of argv.slice(argv.findIndex((each) => !each.startsWith('-')))) {
    const entry = entries.find(({ name }) => name === word);
    if (entry === undefined) break;
    path.push(entry);
    entries = (await entry.verbs?.()) ?? [];
  }
  return path;
}

/** Every command of the list, and below the named one its verbs. Returns what was named last. */
async function addNamed(
  parent: Command,
  entries: readonly CommandEntry[],
  [next, ...rest]: readonly CommandEntry[],
): Promise<Command | undefined> {
  let named: Command | undefined;
  for (const entry of entries) {
    if (entry.hidden && entry !== next) continue;
    const command = addCommand(parent, entry);
    if (entry === next) named = (await addNamed(command, (await entry.verbs?.()) ?? [], rest)) ?? command;
  }
  return named;
}

function addCommand(parent: Command, { name, summary }: CommandEntry): Command {
  return parent.command(name).helpCommand(false).summary(summary).description(summary);
}

function createProgram(shape: Shape, write: (text: string) => void): Command {
  const program = new Command('heddle-ts');
  program
    .description("The operator's toolkit for Heddle buses.")
    .usage('<command> [options]')
    .version(VERSION, '-V, --version', 'print the version; with -v, of Node and the NATS client too')
    .helpOption('-h, --help', 'show help')
    .helpCommand(false)
    .exitOverride()
    .showSuggestionAfterError(false)
    .configureHelp({
      helpWidth: shape.width,
      sortSubcommands: false,
      subcommandTerm: (each) => each.name(),
      formatItem,
    })
    .configureOutput({
      writeOut: write,
      writeErr: write,
      // What went wrong reaches the user through one place: cli/failure.ts.
      outputError: () => {},
      getOutHelpWidth: () => shape.width,
      getErrHelpWidth: () => shape.width,
      getOutHasColors: () => shape.color,
      getErrHasColors: () => shape.color,
    });
  return program;
}

/** Where a term leaves too little room beside it, its description stands below: a terminal would break it inside words. */
function formatItem(this: Help, term: string, termWidth: number, description: string, helper: Help): string {
  const width = helper.helpWidth ?? 80;
  if (description === '' || width - termWidth - 4 >= NARROWEST) {
    return Help.prototype.formatItem.call(helper, term, termWidth, description, helper);
  }
  return [`  ${term}`, ...lowered(description, width)].join('\n');
}

/** What stands below a line, broken between words. */
function lowered(text: string, width: number): string[] {
  const lines = new Help().boxWrap(text, Math.max(20, width - 6));
  return lines.split('\n').map((line) => `      ${line}`);
}

const NARROWEST = 40;

function declareCommand(command: Command, spec: CommandSpec, width: number): void {
  if (spec.operand !== undefined) command.argument(...spec.operand);
  for (const group of groupsOf(spec)) declareGroup(command, group);
  command.addHelpText('after', ({ command: shown }) => examplesText(spec, shown.configureHelp().helpWidth ?? width));
}

function groupsOf({ groups, formats, connects }: CommandSpec): readonly FlagGroup[] {
  return [...groups, outputGroup(formats), ...(connects ? [CONNECTION] : [])];
}

/** What was written, without what is usual. */
function foundBy(command: Command): Found {
  const written = Object.entries(command.opts()).filter(([name]) => command.getOptionValueSource(name) === 'cli');
  return Object.fromEntries(written);
}

/** A command stays on its line, so that it can be copied; what it does is broken between words. */
function examplesText(spec: CommandSpec, width: number): string {
  const lines = spec.examples.flatMap(([command, does]) => [`  $ ${command}`, ...lowered(does, width)]);
  return lines.length === 0 ? '' : `\nExamples:\n${lines.join('\n')}`;
}
