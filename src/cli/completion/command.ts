import { HeddleError } from '../../errors.ts';
import { didYouMean } from '../../suggest.ts';
import { command } from '../command.ts';
import { EXIT } from '../exit.ts';
import { quoted } from '../screen/disarm.ts';
import type { Commands } from './shell.ts';

/** Prints a script that the shell keeps. */
export const completion = command({
  formats: { human: true },
  connects: false,
  examples: [
    ['source <(heddle-ts completion bash)', 'completion in this bash session'],
    ['heddle-ts completion zsh > "${fpath[1]}/_heddle-ts"', 'completion in every new zsh'],
    ['heddle-ts completion fish > ~/.config/fish/completions/heddle-ts.fish', 'completion in every new fish'],
  ],
  operand: ['<shell>', 'bash, zsh or fish'],
  groups: [],
  run: async (session, args) => {
    const [{ SHELLS }, { topLevel }] = await Promise.all([import('./list.ts'), import('./shell.ts')]);
    const names = SHELLS.map((each) => each.name);
    const shell = SHELLS.find((each) => each.name === args[0]);
    if (shell === undefined) {
      throw new HeddleError('usage', `there is no completion for ${quoted(args[0] ?? '')}`, {
        hint: [didYouMean(args[0] ?? '', names), `Choose one of: ${names.join(', ')}.`].filter(Boolean).join(' '),
      });
    }
    const [{ commandMap, commandsByPath }, { operandsOf, valuesOf, vocabulary }] = await Promise.all([
      import('../command-map.ts'),
      import('./values.ts'),
    ]);
    const mapped = commandsByPath(commandMap(await session.wholeProgram()).commands);
    const known = await vocabulary();
    const words = new Map([
      ['help', topLevel(mapped)],
      ['completion', names],
    ]);
    const commands: Commands = new Map(
      [...mapped].map(([path, each]) => {
        const options = each.options.map((option) => ({
          ...option,
          values: option.takes_value ? valuesOf(path, option, known) : undefined,
        }));
        return [path, { command: each, operands: operandsOf(path, each, words.get(path) ?? []), options }] as const;
      }),
    );
    session.io.stdout.write(shell.script(commands));
    return EXIT.ok;
  },
});
