import { COLOR_CHOICES } from '../screen/terminal.ts';
import { absent, oneOf, text, toggle } from './flag.ts';
import { flagGroup, type ValuesOf } from './group.ts';

/** Where an error is an object on stdout too; the other formats have no place for one. */
export function errorsAsJson(format: string): boolean {
  return format === 'json' || format === 'ndjson';
}

export type FrameFlags = ValuesOf<readonly [ReturnType<typeof outputGroup>]>;

/** The flags of every command. Which formats there are is each command's own. */
export function outputGroup(formats: readonly string[]) {
  const machine = formats.find(errorsAsJson);
  return flagGroup({
    heading: 'Output:',
    flags: {
      output: oneOf('-o, --output <format>', formats, 'how the answer is written (also HEDDLE_OUTPUT)'),
      json: machine === undefined ? absent : toggle('--json', `same as -o ${machine}`),
      select:
        machine === undefined
          ? absent
          : text(
              '--select <path>',
              `of -o ${machine} only what stands there, text without quotes: /workers/0/type, workers[0].type, workers[].type`,
            ),
      quiet: toggle('-q, --quiet', 'no talk on stderr'),
      verbose: toggle('-v, --verbose', 'more talk on stderr'),
      color: oneOf('--color <when>', COLOR_CHOICES, 'colour the output'),
    },
  });
}
