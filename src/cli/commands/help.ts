import type { CommandSpec } from '../command.ts';
import { EXIT } from '../exit.ts';

/** `help [command]`, and the whole command map for programs that write wrappers, docs or completion. */
export const help: CommandSpec = {
  formats: ['human', 'json'],
  connects: false,
  examples: [
    ['heddle-ts help submit', 'the same as heddle-ts submit --help'],
    ['heddle-ts help --output json', 'every command, argument and flag as one JSON document'],
  ],
  declare: (command) => {
    command.argument('[command]', 'the command to explain');
  },
  run: async (session, args) => {
    const { program, specs } = await session.wholeProgram();
    const [name] = args;
    const chosen = name === undefined ? program : program.commands.find((each) => each.name() === name);
    if (chosen === undefined) {
      const { unknownCommand } = await import('../usage-error.ts');
      throw unknownCommand(name ?? '', specs.keys());
    }
    if (session.format === 'json') {
      const { commandMap } = await import('../command-map.ts');
      session.json(commandMap(program, specs, name));
    } else if (name === undefined) {
      const { overview } = await import('../overview.ts');
      session.io.stdout.write(
        overview(program.commands.map((each) => ({ name: each.name(), summary: each.summary() }))),
      );
    } else {
      chosen.configureHelp({ helpWidth: Math.min(session.out.width, 100) });
      chosen.configureOutput({
        writeOut: (text) => session.io.stdout.write(text),
        getOutHelpWidth: () => Math.min(session.out.width, 100),
      });
      chosen.outputHelp();
    }
    return EXIT.ok;
  },
};
