const FLAGS: readonly (readonly [flag: string, does: string])[] = [
  ['-V, --version', 'print the version; with -v, of Node and the NATS client too'],
  ['-h, --help', 'show help'],
];

/**
 * What `heddle-ts --help` shows. Written here and not by Commander, because it is what a newcomer runs first and loading
 * Commander would double what it costs beyond the bare runtime.
 */
export function overview(commands: readonly { readonly name: string; readonly summary: string }[]): string {
  const width = Math.max(...FLAGS.map(([flag]) => flag.length), ...commands.map(({ name }) => name.length));
  const row = (left: string, right: string): string => `  ${left.padEnd(width)}  ${right}`;
  return [
    'Usage: heddle-ts <command> [options]',
    '',
    "The operator's toolkit for Heddle buses.",
    '',
    'Commands:',
    ...commands.map(({ name, summary }) => row(name, summary)),
    '',
    'Options:',
    ...FLAGS.map(([flag, does]) => row(flag, does)),
    '',
    "Run 'heddle-ts <command> --help' for flags and examples.",
    '',
  ].join('\n');
}
