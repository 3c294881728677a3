import type { ColorLevel } from './terminal.ts';

/** What a piece of text means to its reader; how that looks is decided here alone. */
export interface Style {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly warn: (text: string) => string;
  /** What a command is about: names, subjects. */
  readonly accent: (text: string) => string;
  readonly strong: (text: string) => string;
  readonly faint: (text: string) => string;
  /** Makes a found place stand out, whatever its colour. */
  readonly mark: (text: string) => string;
}

const same = (text: string): string => text;

/** No colours: what every pipe gets, without loading anything. */
export const PLAIN: Style = {
  good: same,
  bad: same,
  warn: same,
  accent: same,
  strong: same,
  faint: same,
  mark: same,
};

/** This file alone names chalk, and loads it only when there are colours to show: loading it costs as much as a small command. */
export async function styleFor(level: ColorLevel): Promise<Style> {
  if (level === 0) return PLAIN;
  const { Chalk } = await import('chalk');
  const chalk = new Chalk({ level });
  return {
    good: chalk.green,
    bad: chalk.red,
    warn: chalk.yellow,
    accent: chalk.cyan,
    strong: chalk.bold,
    faint: chalk.dim,
    mark: chalk.inverse,
  };
}

/** Colours without a meaning, to tell names apart; none of them is that of good, bad or warn. */
export async function huesFor(level: ColorLevel): Promise<readonly ((text: string) => string)[]> {
  if (level === 0) return [same];
  const { Chalk } = await import('chalk');
  const chalk = new Chalk({ level });
  return [chalk.cyan, chalk.magenta, chalk.blue, chalk.cyanBright, chalk.magentaBright, chalk.blueBright];
}
