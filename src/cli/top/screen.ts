import type { JsonObject } from '../../contract/json.ts';
import type { BusModel } from '../../top/model.ts';
import type { Symbols } from '../screen/symbols.ts';
import type { Cell } from '../screen/table.ts';
import type { Screen } from '../session.ts';
import type { MessageLine } from '../tail/show/message-line.ts';
import type { LettersSeen } from './letters.ts';

/** What a screen is made from. */
export interface TopState {
  readonly model: BusModel;
  readonly letters: LettersSeen;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** What the terminal is at this moment, and how things look on it. */
export interface Look extends Screen {
  readonly symbols: Symbols;
  /** A message as `tail` shows it, after the mark before each row. */
  readonly messageLine: MessageLine;
}

export interface Column<R> {
  /** The name of its value among the fields of a row. */
  readonly key: string;
  readonly header: string;
  readonly align?: 'left' | 'right' | undefined;
  readonly shrinks?: boolean | undefined;
  /** The higher, the sooner it is left out where there is no room; without it, it stays. */
  readonly rank?: number | undefined;
  cell(row: R, look: Look): Cell;
}

/**
 * One screen of `top`: one file, and one line in the list. A function of the state: rows, what each of them says, and what the whole says
 * in a line. Rows are snapshots, because a person may stop the picture and look at it for a while.
 */
export interface TopScreen<R = unknown> {
  readonly title: string;
  /** What is broken stands first. */
  rows(state: TopState): readonly R[];
  /** By what a row is known again in the next picture. */
  id(row: R): unknown;
  /** What a filter asks of it, and what is saved, by the names that messages have where they have one. */
  fields(row: R): JsonObject;
  /** What of the fields can be asked, beyond the columns; of a screen whose rows differ. */
  readonly places?: readonly string[];
  /** A table; else each row has lines of its own. */
  readonly columns?: readonly Column<R>[];
  lines?(row: R, look: Look): readonly string[];
  /** The whole in a few words. */
  head(rows: readonly R[], state: TopState): string;
  /** Said where there are no rows: nothing is there, or nobody knows. */
  nothing(state: TopState): string;
  /** A closer look at one. */
  detail?(row: R, state: TopState, look: Look): readonly string[];
  /** What a filter says is said of messages, so that the commands for it take it as it is. */
  readonly filtersMessages?: true;
  /** Its rows are groups of dead letters, which can be sent again. */
  readonly replays?: true;
  /** The problems are among its rows. */
  readonly showsProblems?: true;
  /** The newest stand last, and are followed. */
  readonly follows?: true;
  /** Commands that give the same to a script. `where`: the filter, as flags. */
  commands(rows: readonly R[], where: FilterAsked | undefined, state: TopState): readonly string[];
}

/** A filter, as it was typed. */
export interface FilterAsked {
  readonly written: string;
  /** A word that names no place finds text. */
  readonly text: boolean;
}
