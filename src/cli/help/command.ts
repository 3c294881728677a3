import type { Command } from 'commander';
import { wireTime } from '../../contract/wire-time.ts';
import { HeddleError } from '../../errors.ts';
import { command } from '../command.ts';
import { commandMap, type WholeProgram } from '../command-map.ts';
import { EXIT } from '../exit.ts';
import { toggle } from '../flags/flag.ts';
import { flagGroup } from '../flags/group.ts';
import type { Formats } from '../output-format.ts';
import { overview } from '../overview.ts';
import { quoted } from '../screen/disarm.ts';
import type { Session } from '../session.ts';
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

const PAGE = flagGroup({
  flags: { man: toggle('--man', 'as a manual page (roff); of a command below another, the page that it is on') },
});

/** `help [command]`, and the whole command map for programs that write wrappers, docs or completion. */
export const help = command({
  formats: FORMATS,
  connects: false,
  examples: [
    ['heddle-ts help submit', 'the same as heddle-ts submit --help'],
    ['heddle-ts help --output json', 'every command, argument and flag as one JSON document'],
    ['heddle-ts help --man tail | man -l -', 'the manual page of tail'],
  ],
  operand: ['[command...]', 'the command to explain'],
  groups: [PAGE],
  run: async (session, words, { man }) => {
    const whole = await session.wholeProgram();
    const chosen = words.length === 0 ? undefined : findCommand(whole.program, words);
    if (man) {
      session.io.stdout.write(await manualPage(session, whole, words));
      return EXIT.ok;
    }
    FORMATS[session.format](session)(whole, chosen);
    return EXIT.ok;
  },
});

async function manualPage(session: Session, whole: WholeProgram, [name]: readonly string[]): Promise<string> {
  if (session.machine) {
    throw new HeddleError('usage', `--man is a page for man, and ${session.format} is none`, {
      hint: "Leave the format out, or leave --man out: 'heddle-ts help -o json' is the same as data.",
    });
  }
  const { commandPage, programPage } = await import('./man.ts');
  const map = commandMap(whole);
  // As others that make pages: a build that is to come out the same names its day.
  const epoch = Number(session.io.env.SOURCE_DATE_EPOCH);
  const at = Number.isSafeInteger(epoch) && epoch > 0 ? epoch * 1000 : session.io.clock.now();
  const printing = { map, day: wireTime(at).slice(0, 10) };
  const command = map.commands.find((each) => each.name === name);
  return command === undefined ? programPage(printing) : commandPage(printing, command);
}

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
