import { HeddleError } from '../../errors.ts';
import { command } from '../command.ts';
import { EXIT } from '../exit.ts';
import { quoted } from '../screen/disarm.ts';

/** Prints a script that the shell keeps; it holds every name, so completing starts no program. */
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
    const shell = SHELLS.find((each) => each.name === args[0]);
    if (shell === undefined) {
      const names = SHELLS.map((each) => each.name).join(', ');
      throw new HeddleError('usage', `there is no completion for ${quoted(args[0] ?? '')}`, {
        hint: `Choose one of: ${names}.`,
      });
    }
    const { commandMap, commandsByPath } = await import('../command-map.ts');
    const commands = commandsByPath(commandMap(await session.wholeProgram()).commands);
    const verbs = [...commands].flatMap(([path, { commands: below }]) =>
      below === undefined ? [] : [[path, below.map(({ name }) => name)] as const],
    );
    const operands = new Map([['help', topLevel(commands)], ['completion', SHELLS.map((each) => each.name)], ...verbs]);
    session.io.stdout.write(shell.script(commands, operands));
    return EXIT.ok;
  },
});
