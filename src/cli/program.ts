import { Command, CommanderError } from 'commander';
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
  /** Not one word that says what to do. */
  | { readonly ask: 'nothing' }
  | {
      readonly ask: 'run';
      readonly entry: CommandEntry;
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
  const entry = COMMANDS.find((each) => each.name === firstOperand(argv));
  const spec = await entry?.load();
  let request: Request | undefined;
  let helpText = '';
  const program = createProgram(shape, (text) => {
    helpText += text;
  });
  for (const each of COMMANDS) {
    const command = program.command(each.name);
    command.summary(each.summary).description(each.summary);
    if (each === entry && spec !== undefined) {
      declareCommand(command, each, spec);
      command.action(() => {
        request = { ask: 'run', entry: each, spec, args: command.args, found: foundBy(command) };
      });
    }
  }
  // `--help submit` asks what `submit --help` asks.
  const words = entry !== undefined && /^(-h|--help)$/.test(argv[0] ?? '') ? [entry.name, '--help'] : [...argv];
  try {
    program.parse(words, { from: 'user' });
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
    const command = program.commands.find((each) => each.name() === entry?.name);
    switch (thrown.code) {
      case 'commander.version':
        return { ask: 'version' };
      case 'commander.helpDisplayed':
        return command === undefined ? { ask: 'overview' } : { ask: 'help', text: helpText };
      case 'commander.help':
        return { ask: 'nothing' };
      default:
        throw usageError(thrown, argv, program, command);
    }
  }
  return request ?? { ask: 'nothing' };
}

/** The whole program with every command loaded: for the command map and completion scripts. */
export async function loadWholeProgram(): Promise<WholeProgram> {
  const program = createProgram({ width: 100, color: false }, () => {});
  const specs = new Map<string, CommandSpec>();
  for (const entry of COMMANDS) {
    const spec = await entry.load();
    const command = program.command(entry.name).summary(entry.summary).description(entry.summary);
    declareCommand(command, entry, spec);
    specs.set(entry.name, spec);
  }
  return { program, specs };
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
    .configureHelp({ helpWidth: shape.width, sortSubcommands: false })
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

function declareCommand(command: Command, entry: CommandEntry, spec: CommandSpec): void {
  if (spec.operand !== undefined) command.argument(...spec.operand);
  for (const group of groupsOf(spec)) declareGroup(command, group);
  command.addHelpText('after', examplesText(spec));
  if (entry.name !== 'help') command.showHelpAfterError(false);
}

function groupsOf({ groups, formats, connects }: CommandSpec): readonly FlagGroup[] {
  return [...groups, outputGroup(formats), ...(connects ? [CONNECTION] : [])];
}

/** What was written, without what is usual. */
function foundBy(command: Command): Found {
  const written = Object.entries(command.opts()).filter(([name]) => command.getOptionValueSource(name) === 'cli');
  return Object.fromEntries(written);
}

function examplesText(spec: CommandSpec): string {
  const lines = spec.examples.flatMap(([command, does]) => [`  $ ${command}`, `      ${does}`]);
  return lines.length === 0 ? '' : `\nExamples:\n${lines.join('\n')}`;
}

/** The command is the first word that is no flag: the program itself has no flag that takes a value. */
function firstOperand(argv: readonly string[]): string | undefined {
  return argv.find((word) => !word.startsWith('-'));
}
