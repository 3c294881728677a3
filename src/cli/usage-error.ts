import type { Command, CommanderError } from 'commander';
import { HeddleError } from '../errors.ts';
import { didYouMean } from '../suggest.ts';
import { quoted } from './screen/disarm.ts';

/** A word beyond this is not repeated in full: what was meant shows in its beginning. */
const LONG_WORD = /[^\s']{121,}/g;

/** `below`: the words of the command whose verbs are known. */
export function unknownCommand(name: string, known: Iterable<string>, below: readonly string[] = []): HeddleError {
  const what = below.length === 0 ? 'unknown command' : `${below.join(' ')}: unknown command`;
  return new HeddleError('usage', `${what} ${quoted(name)}`, {
    hint: hintFor(name, known, helpOf(below)),
  });
}

/**
 * Commander's words, in our form: what is wrong, the nearest name, the help to read. `names` are the words of the command that was
 * named, `command` is it, or else the program.
 */
export function usageError(
  error: CommanderError,
  argv: readonly string[],
  names: readonly string[],
  command: Command,
): HeddleError {
  const what = error.message.replace(/^error: /, '');
  if (error.code === 'commander.unknownCommand') {
    return unknownCommand(
      command.args[0] ?? '',
      command.commands.map((each) => each.name()),
      names,
    );
  }
  const place = names.length === 0 ? '' : `${names.join(' ')}: `;
  const help = helpOf(names);
  const flag = error.code === 'commander.unknownOption' ? /^unknown option '(.*)'$/s.exec(what)?.[1] : undefined;
  if (flag === undefined) {
    const short = what.replace(LONG_WORD, (word) => `${word.slice(0, 120)}...`);
    return new HeddleError('usage', place + short, { hint: meantBy(error, what, command) ?? `See '${help}'.` });
  }
  const operand = argv.findIndex((word) => !word.startsWith('-'));
  const needsVerb = command.parent !== null && command.commands.length > 0 && command.registeredArguments.length === 0;
  if (operand > argv.indexOf(flag) || needsVerb) {
    const usage = ['heddle-ts', ...(names.length === 0 ? ['<command>'] : names), ...(needsVerb ? ['<command>'] : [])];
    return new HeddleError('usage', `unknown option ${quoted(flag)} before the command`, {
      hint: `Flags stand after it: ${usage.join(' ')} [options]. See '${help}'.`,
    });
  }
  const message = `${place}unknown option ${quoted(flag)}`;
  return new HeddleError('usage', message, { hint: hintFor(flag, similarTo(flag, command), help) });
}

/** What a word was meant as, where that shows: the nearest choice of a flag, or a key of a payload without its flag. */
function meantBy({ code }: CommanderError, what: string, command: Command): string | undefined {
  if (code === 'commander.excessArguments') {
    const pair = command.args.find((word) => /^[A-Za-z_][\w.-]*=/.test(word));
    const takesPairs = command.options.some(({ long }) => long === '--set');
    return pair === undefined || !takesPairs
      ? undefined
      : `A key of the payload is given with its flag: --set ${shellWord(pair)}`;
  }
  const [, written, choices] = /^option .* argument '(.*)' is invalid\. Allowed choices are (.*)\.$/s.exec(what) ?? [];
  if (written === undefined || choices === undefined) return undefined;
  const known = choices.split(', ');
  if (known.length === 1) return `There is one only, ${choices}: leave the flag out.`;
  const guess = didYouMean(written, known);
  return guess === undefined ? undefined : `D${guess.slice(1)}`;
}

/** As it can be pasted into a shell. */
function shellWord(word: string): string {
  return /^[\w@%+=:,./-]*$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function helpOf(names: readonly string[]): string {
  return ['heddle-ts', ...names, '--help'].join(' ');
}

/** Every short flag is one slip from every other, so of those only the other case counts. */
function similarTo(flag: string, command: Command): string[] {
  const program = outermost(command);
  const options = [...command.options, ...(program === command ? [] : program.options)];
  const names = [...options.flatMap(({ long, short }) => [long, short]), '--help', '-h'].filter(
    (name) => name !== undefined,
  );
  return flag.startsWith('--')
    ? names.filter((name) => name.startsWith('--'))
    : names.filter((name) => name.toLowerCase() === flag.toLowerCase());
}

function outermost(command: Command): Command {
  return command.parent === null ? command : outermost(command.parent);
}

function hintFor(word: string, known: Iterable<string>, help: string): string {
  const guess = didYouMean(word.replace(/=.*$/s, ''), known);
  return guess === undefined ? `See '${help}'.` : `D${guess.slice(1)} See '${help}'.`;
}
