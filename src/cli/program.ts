import { Command, CommanderError, Option } from 'commander';
import { HeddleError } from '../errors.ts';
import type { CommandEntry, CommandOptions, CommandSpec, WholeProgram } from './command.ts';
import { COMMANDS } from './commands/list.ts';
import { declareConnectionOptions } from './settings/flags.ts';

/** What was asked, after Commander has read the command line. */
export type Request =
  | { readonly ask: 'help'; readonly text: string }
  | {
      readonly ask: 'run';
      readonly entry: CommandEntry;
      readonly spec: CommandSpec;
      readonly args: readonly string[];
      readonly options: CommandOptions;
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
        request = { ask: 'run', entry: each, spec, args: operandsOf(command), options: command.opts() };
      });
    }
  }
  try {
    program.parse([...argv], { from: 'user' });
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
    if (thrown.code === 'commander.helpDisplayed' || thrown.code === 'commander.help') {
      return { ask: 'help', text: helpText };
    }
    throw usageError(thrown, entry);
  }
  return request ?? { ask: 'help', text: helpText };
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
    .option('-V, --version', 'print the version; with -v, of Node and the NATS client too')
    .helpOption('-h, --help', 'show help')
    .helpCommand(false)
    .exitOverride()
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
  spec.declare(command);
  const machine = spec.formats.find((format) => format === 'json' || format === 'ndjson');
  command.optionsGroup('Output:');
  command.addOption(
    new Option('-o, --output <format>', 'how the answer is written (also HEDDLE_OUTPUT)').choices([...spec.formats]),
  );
  if (machine !== undefined) command.option('--json', `same as -o ${machine}`);
  command
    .option('-q, --quiet', 'no talk on stderr')
    .option('-v, --verbose', 'more talk on stderr')
    .addOption(new Option('--color <when>', 'colour the output').choices(['auto', 'always', 'never']));
  if (spec.connects) declareConnectionOptions(command);
  command.addHelpText('after', examplesText(spec));
  if (entry.name !== 'help') command.showHelpAfterError(false);
}

function examplesText(spec: CommandSpec): string {
  const lines = spec.examples.flatMap(([command, does]) => [`  $ ${command}`, `      ${does}`]);
  return lines.length === 0 ? '' : `\nExamples:\n${lines.join('\n')}`;
}

function operandsOf(command: Command): readonly string[] {
  return command.args;
}

/** The command is the first word that is no flag: the program itself has no flag that takes a value. */
function firstOperand(argv: readonly string[]): string | undefined {
  return argv.find((word) => !word.startsWith('-'));
}

/** Commander's words, in our form: what is wrong, the nearest name, the help to read. */
function usageError(error: CommanderError, entry: CommandEntry | undefined): HeddleError {
  const [first = '', ...rest] = error.message.replace(/^error: /, '').split('\n');
  const suggestion = rest
    .join(' ')
    .trim()
    .replace(/^\((.*)\)$/, '$1');
  const help = entry === undefined ? 'heddle-ts --help' : `heddle-ts ${entry.name} --help`;
  const hint = suggestion === '' ? `See '${help}'.` : `${suggestion} See '${help}'.`;
  return new HeddleError('usage', entry === undefined ? first : `${entry.name}: ${first}`, { hint });
}
