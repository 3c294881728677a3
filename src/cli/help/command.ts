import type { Command } from 'commander';
import { HeddleError } from '../../errors.ts';
import { command } from '../command.ts';
import { commandMap, type WholeProgram } from '../command-map.ts';
import { EXIT } from '../exit.ts';
import type { Formats } from '../output-format.ts';
import { overview } from '../overview.ts';
import { quoted } from '../screen/disarm.ts';
import { unknownCommand } from '../usage-error.ts';

/** `chosen` is undefined when the program as a whole was asked for. */
const FORMATS = {
  human: (session) => (whole, chosen) => {
    const { stdout } = session.io;
    if (chosen === undefined) {
      stdout.write(overview(whole.program.commands.map((each) => ({ name: each.name(), summary: each.summary() }))));
      return;
    }
    const width = Math.min(session.out.width, 100);
    chosen.configureHelp({ ...chosen.configureHelp(), helpWidth: width });
    chosen.configureOutput({ writeOut: (text) => stdout.write(text), getOutHelpWidth: () => width });
    chosen.outputHelp();
  },
  json: (session) => (whole, chosen) => session.json(commandMap(whole, chosen)),
} satisfies Formats<(whole: WholeProgram, chosen: Command | undefined) => void>;

/** `help [command]`, and the whole command map for programs that write wrappers, docs or completion. */
export const help = command({
  formats: FORMATS,
  connects: false,
  examples: [
    ['heddle-ts help submit', 'the same as heddle-ts submit --help'],
    ['heddle-ts help --output json', 'every command, argument and flag as one JSON document'],
  ],
  operand: ['[command...]', 'the command to explain'],
  groups: [],
  run: async (session, words) => {
    const whole = await session.wholeProgram();
    const chosen = words.length === 0 ? undefined : findCommand(whole.program, words);
    FORMATS[session.format](session)(whole, chosen);
    return EXIT.ok;
  },
});

function findCommand(program: Command, words: readonly string[]): Command {
  let found = program;
  for (const [at, word] of words.entries()) {
    const next = found.commands.find((each) => each.name() === word);
    const isLast = at === words.length - 1;
    if (!isLast && (next === undefined || next.commands.length === 0)) {
      throw new HeddleError('usage', `help: too many arguments: there are no commands below ${quoted(word)}`, {
        hint: "See 'heddle-ts help --help'.",
      });
    }
    if (next === undefined) {
      const known = found.commands.map((each) => each.name());
      throw unknownCommand(word, known, words.slice(0, at));
    }
    found = next;
  }
  return found;
}
