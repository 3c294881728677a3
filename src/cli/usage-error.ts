import type { Command, CommanderError } from 'commander';
import { HeddleError } from '../errors.ts';
import { didYouMean } from '../suggest.ts';
import { quoted } from './screen/disarm.ts';

/** A word beyond this is not repeated in full: what was meant shows in its beginning. */
const LONG_WORD = /[^\s']{121,}/g;

export function unknownCommand(name: string, known: Iterable<string>): HeddleError {
  return new HeddleError('usage', `unknown command ${quoted(name)}`, {
    hint: hintFor(name, known, 'heddle-ts --help'),
  });
}

/** Commander's words, in our form: what is wrong, the nearest name, the help to read. `command` is the one that was named. */
export function usageError(
  error: CommanderError,
  argv: readonly string[],
  program: Command,
  command: Command | undefined,
): HeddleError {
  const what = error.message.replace(/^error: /, '');
  if (error.code === 'commander.unknownCommand') {
    return unknownCommand(
      program.args[0] ?? '',
      program.commands.map((each) => each.name()),
    );
  }
  const place = command === undefined ? '' : `${command.name()}: `;
  const help = command === undefined ? 'heddle-ts --help' : `heddle-ts ${command.name()} --help`;
  const flag = error.code === 'commander.unknownOption' ? /^unknown option '(.*)'$/s.exec(what)?.[1] : undefined;
  if (flag === undefined) {
    const short = what.replace(LONG_WORD, (word) => `${word.slice(0, 120)}...`);
    return new HeddleError('usage', place + short, { hint: `See '${help}'.` });
  }
  const operand = argv.findIndex((word) => !word.startsWith('-'));
  if (operand > argv.indexOf(flag)) {
    return new HeddleError('usage', `unknown option ${quoted(flag)} before the command`, {
      hint: `Flags stand after it: heddle-ts ${command?.name() ?? '<command>'} [options]. See '${help}'.`,
    });
  }
  const message = `${place}unknown option ${quoted(flag)}`;
  return new HeddleError('usage', message, { hint: hintFor(flag, similarTo(flag, program, command), help) });
}

/** Every short flag is one slip from every other, so of those only the other case counts. */
function similarTo(flag: string, program: Command, command: Command | undefined): string[] {
  const options = [...(command?.options ?? []), ...program.options];
  const names = [...options.flatMap(({ long, short }) => [long, short]), '--help', '-h'].filter(
    (name) => name !== undefined,
  );
  return flag.startsWith('--')
    ? names.filter((name) => name.startsWith('--'))
    : names.filter((name) => name.toLowerCase() === flag.toLowerCase());
}

function hintFor(word: string, known: Iterable<string>, help: string): string {
  const guess = didYouMean(word.replace(/=.*$/s, ''), known);
  return guess === undefined ? `See '${help}'.` : `D${guess.slice(1)} See '${help}'.`;
}
