import type { TopScreen, TopState } from './screen.ts';

/** What the keys ask for that is no matter of the picture. */
export interface Deeds {
  quit(): void;
  interrupt(): void;
  suspend(): void;
  copy(text: string): void;
  /** Writes what is shown; resolves with what to say of it. */
  save(path: string, shown: Shown): Promise<string>;
  /** Asks the servers and the streams now. */
  update(): Promise<void>;
  /** A screen came up. */
  opened(screen: TopScreen): void;
  /** Undefined: this view sends nothing. */
  readonly writes: Writes | undefined;
}

/** The picture as it stands, and all rows of it, those too that have no room. */
export interface Shown {
  readonly title: string;
  readonly screen: readonly string[];
  readonly rows: readonly unknown[];
}

export interface Writes {
  reload(): Promise<string>;
  /** What would be sent, as a question, and how to do it; words when there is nothing to send. */
  planReplay(group: string): Promise<string | { readonly question: string; readonly send: () => Promise<string> }>;
}

export interface AppParts {
  readonly screens: readonly TopScreen[];
  /** As it is now. */
  state(): TopState;
  /** Added to each command, so that it goes to the same bus. */
  readonly connection: string;
  /** Where `s` writes when nothing else is said. */
  savePath(title: string): string;
  readonly deeds: Deeds;
  /** Something changed that no key brought about. */
  changed(): void;
}
