import { isHeddleError } from '../../errors.ts';
import { adviceText } from '../remedies.ts';
import { disarm, disarmLine } from '../screen/disarm.ts';
import type { Key } from '../screen/live/keys.ts';
import type { Line, Size } from '../screen/live/stage.ts';
import { readFilter, type TypedFilter } from './filter.ts';
import { headerLines } from './header.ts';
import { helpLines } from './help.ts';
import { arranged, nextSorting } from './order.ts';
import { LinePrompt } from './prompt.ts';
import type { Look, TopScreen, TopState } from './screen.ts';
import { type Sorting, tableLines, type Widths } from './table.ts';

/** What the keys ask for that is no matter of the picture. */
export interface Deeds {
  quit(): void;
  interrupt(): void;
  suspend(): void;
  copy(text: string): void;
  /** Writes what is shown; resolves with what to say. */
  save(
    path: string,
    shown: { readonly screen: readonly string[]; readonly title: string; readonly data: unknown },
  ): Promise<string>;
  /** Asks the servers and the streams now. */
  update(): Promise<void>;
  /** A screen came up. */
  opened(screen: TopScreen): void;
  /** Undefined: this view sends nothing. */
  readonly writes: Writes | undefined;
}

export interface Writes {
  reload(): Promise<string>;
  /** What would be sent, as a question, and how to do it; a string when there is nothing to send. */
  planReplay(group: string): Promise<string | { readonly question: string; readonly send: () => Promise<string> }>;
}

export interface AppParts {
  readonly screens: readonly TopScreen[];
  /** As it is now. */
  state(): TopState;
  /** Words to add to each command, so that it goes to the same bus. */
  readonly connection: string;
  /** Where `s` writes when nothing else is said. */
  readonly savePath: (title: string) => string;
  readonly deeds: Deeds;
  /** Something changed that no key brought about. */
  changed(): void;
}

/** What a person made of one screen. */
interface View {
  filter: TypedFilter | undefined;
  sorting: Sorting | undefined;
  /** By its id; undefined is the first row, or the last where the newest are followed. */
  chosen: unknown;
  offset: number;
  widths: Widths;
  /** Held while the picture is. */
  held: readonly unknown[] | undefined;
}

type Over =
  | { readonly over: 'prompt'; readonly prompt: LinePrompt }
  | { readonly over: 'question'; readonly question: string; readonly yes: () => Promise<string> }
  | {
      readonly over: 'page';
      readonly lines: (look: Look) => readonly string[];
      readonly copies?: string;
      offset: number;
    };

/** `top` between the keys and the picture: which screen, which row, what is asked. Knows no terminal and no bus. */
export class App {
  readonly #parts: AppParts;
  readonly #views: readonly View[];
  #at = 0;
  #over: Over | undefined;
  #note = '';
  #paused = false;
  /** How many rows had room in the last picture. */
  #room = 1;

  constructor(parts: AppParts) {
    this.#parts = parts;
    this.#views = parts.screens.map(() => ({
      ...{ filter: undefined, sorting: undefined, chosen: undefined, offset: 0, held: undefined },
      widths: new Map(),
    }));
  }

  show(at: number): void {
    if (this.#parts.screens[at] === undefined) return;
    this.#at = at;
    this.#over = undefined;
    this.#parts.deeds.opened(this.#screen);
  }

  filter(written: string): void {
    const { stream } = this.#parts.state().model;
    const places = this.#screen.filtersMessages === true ? undefined : this.#places();
    const filter = written === '' ? undefined : readFilter(written, places);
    this.#view.filter = filter;
    this.#view.chosen = undefined;
    if (this.#screen.filtersMessages === true) stream.filterBy(filter?.filter);
  }

  key(key: Key): void {
    const { deeds } = this.#parts;
    const { name } = key;
    if (name === 'ctrl-c') return deeds.interrupt();
    if (name === 'ctrl-z') return deeds.suspend();
    this.#note = '';
    if (this.#over?.over === 'prompt') return this.#keyOfPrompt(this.#over.prompt, key);
    if (this.#over?.over === 'question') {
      const { yes } = this.#over;
      this.#over = undefined;
      if (name === 'y' || name === 'Y') this.#do(yes());
      else this.#note = 'nothing was sent';
      return;
    }
    if (this.#over?.over === 'page' && this.#keyOfPage(this.#over, name)) return;
    if (name === 'paste') return;
    this.#command(name);
  }

  #command(name: string): void {
    const { deeds, screens } = this.#parts;
    const view = this.#view;
    const { columns } = this.#screen;
    if (/^[1-9]$/.test(name)) return this.show(Number(name) - 1);
    switch (name) {
      case 'q':
        return deeds.quit();
      case 'tab':
        return this.show((this.#at + 1) % screens.length);
      case 'back-tab':
        return this.show((this.#at + screens.length - 1) % screens.length);
      case '?':
        return this.#page(() => helpLines(deeds.writes !== undefined));
      case '/':
        return this.#ask('/', view.filter?.written ?? '', (written) => this.filter(written.trim()));
      case '<':
      case '>':
        if (columns !== undefined) view.sorting = nextSorting(columns, view.sorting, name === '>' ? 1 : -1);
        return;
      case 'r':
        if (view.sorting !== undefined) view.sorting = { ...view.sorting, descending: !view.sorting.descending };
        return;
      case ' ':
        return this.#pause(!this.#paused);
      case 'u':
        return this.#do(deeds.update().then(() => 'asked again'));
      case 'y':
        return this.#showCommands();
      case 's':
        return this.#ask('write to: ', this.#parts.savePath(this.#screen.title), (path) => this.#save(path.trim()));
      case 'enter':
        return this.#look();
      case 'escape':
        return this.#back();
      case 'R':
        return this.#askReload();
      case 'P':
        return this.#askReplay();
      default:
        this.#move(name);
    }
  }

  // Moving

  #move(name: string): void {
    const rows = this.#rows();
    const last = rows.length - 1;
    const at = this.#placeOf(rows);
    const page = Math.max(1, this.#room - 1);
    const steps: Readonly<Record<string, number>> = {
      ...{ up: at - 1, k: at - 1, down: at + 1, j: at + 1, 'page-up': at - page, 'page-down': at + page },
      ...{ home: 0, g: 0, end: last, G: last },
    };
    const to = steps[name];
    if (to === undefined || rows.length === 0) return;
    const next = Math.min(last, Math.max(0, to));
    // At the end of what is followed, the newest is chosen, whichever that is.
    const rests = this.#screen.follows === true ? next === last : next === 0;
    this.#view.chosen = rests ? undefined : this.#screen.id(rows[next]);
  }

  #placeOf(rows: readonly unknown[]): number {
    const { chosen } = this.#view;
    const resting = this.#screen.follows === true ? rows.length - 1 : 0;
    if (chosen === undefined) return resting;
    const found = rows.findIndex((row) => this.#screen.id(row) === chosen);
    return found < 0 ? Math.min(Math.max(0, resting), Math.max(0, rows.length - 1)) : found;
  }

  #back(): void {
    const view = this.#view;
    if (view.filter !== undefined) this.filter('');
    else if (view.sorting !== undefined) view.sorting = undefined;
    else if (this.#paused) this.#pause(false);
    else view.chosen = undefined;
  }

  #pause(paused: boolean): void {
    this.#paused = paused;
    const state = this.#parts.state();
    for (const [at, view] of this.#views.entries()) {
      view.held = paused ? this.#parts.screens[at]?.rows(state) : undefined;
    }
  }

  // What lies over the picture

  #keyOfPrompt(prompt: LinePrompt, key: Key): void {
    const result = prompt.key(key);
    if (result === 'open') return;
    this.#over = undefined;
    if (result === 'given-up') return;
    this.#attempt(() => prompt.done());
  }

  /** True when the page took the key. */
  #keyOfPage(page: Extract<Over, { over: 'page' }>, name: string): boolean {
    const steps: Readonly<Record<string, number>> = {
      ...{ up: -1, k: -1, down: 1, j: 1, 'page-up': -this.#room, 'page-down': this.#room, ' ': this.#room },
      ...{ home: Number.NEGATIVE_INFINITY, end: Number.POSITIVE_INFINITY },
    };
    const step = steps[name];
    if (step !== undefined) {
      page.offset = Math.max(0, page.offset + step);
      return true;
    }
    if (name === 'Y' && page.copies !== undefined) {
      this.#parts.deeds.copy(page.copies);
      this.#note = 'sent to the clipboard of the terminal; whether it takes it, it does not say';
      return true;
    }
    if (name === 'escape' || name === 'enter' || name === '?' || name === 'y') {
      this.#over = undefined;
      return true;
    }
    return false;
  }

  #page(lines: (look: Look) => readonly string[], copies?: string): void {
    this.#over = { over: 'page', lines, offset: 0, ...(copies !== undefined && { copies }) };
  }

  #ask(label: string, text: string, done: (text: string) => void): void {
    this.#over = { over: 'prompt', prompt: new LinePrompt(label, text, done) };
  }

  #look(): void {
    const screen = this.#screen;
    const rows = this.#rows();
    const row = rows[this.#placeOf(rows)];
    if (row === undefined || screen.detail === undefined) return;
    this.#page((look) => screen.detail?.(row, this.#parts.state(), look) ?? []);
  }

  #showCommands(): void {
    const commands = this.#screen
      .commands(this.#rows(), this.#view.filter)
      .map((command) => `${command}${this.#parts.connection}`);
    const text = commands.join('\n');
    this.#page(
      ({ width }) => ['the same for a script; Y copies it', '', ...commands.flatMap((each) => cutAt(each, width))],
      text,
    );
  }

  // Deeds

  #save(path: string): void {
    if (path === '') return;
    const { screens, deeds } = this.#parts;
    const title = screens[this.#at]?.title ?? '';
    this.#do(
      deeds.save(path, { screen: this.#lastPicture, title, data: this.#rows().map((row) => this.#screen.fields(row)) }),
    );
  }

  #askReload(): void {
    const { writes } = this.#parts.deeds;
    if (writes === undefined) return this.#sendsNothing();
    this.#over = {
      over: 'question',
      question: 'Ask every actor on this bus to read its config again? y/N',
      yes: () => writes.reload(),
    };
  }

  #askReplay(): void {
    const { writes } = this.#parts.deeds;
    if (writes === undefined) return this.#sendsNothing();
    const rows = this.#rows();
    const row = rows[this.#placeOf(rows)];
    const group = row === undefined ? undefined : this.#screen.fields(row).group;
    if (typeof group !== 'string' || this.#screen.title !== 'Dead letters') {
      this.#note = 'choose a group of dead letters first';
      return;
    }
    this.#do(
      writes.planReplay(group).then((plan) => {
        if (typeof plan === 'string') return plan;
        this.#over = { over: 'question', question: plan.question, yes: plan.send };
        return '';
      }),
    );
  }

  #sendsNothing(): void {
    this.#note = 'this view sends nothing; begin it with --allow-write for that';
  }

  /** What it comes to is said at the foot, whenever that is. */
  #do(deed: Promise<string>): void {
    this.#note = 'under way…'.replace('…', '...');
    deed
      .then((said) => {
        this.#note = said;
      })
      .catch((error: unknown) => {
        this.#note = wordsOf(error);
      })
      .finally(() => this.#parts.changed());
  }

  #attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#note = wordsOf(error);
    }
  }

  // The picture

  #lastPicture: readonly string[] = [];

  /** The whole screen, as many lines as it has rows. */
  draw({ rows: height }: Pick<Size, 'rows'>, look: Look): readonly Line[] {
    const state = this.#parts.state();
    const head = headerLines(state, this.#parts.screens, this.#at, this.#paused, look);
    const room = Math.max(1, height - head.length - 1);
    const body =
      this.#over?.over === 'page' ? this.#drawPage(this.#over, room, look) : this.#drawRows(state, room, look);
    const lines = [...head.slice(0, Math.max(1, height - 2)), ...body.slice(0, room)];
    while (lines.length < height - 1) lines.push('');
    lines.push(this.#foot(look));
    this.#lastPicture = lines.map((line) => withoutStyles(typeof line === 'string' ? line : line.text));
    return lines;
  }

  #drawPage(page: Extract<Over, { over: 'page' }>, room: number, look: Look): readonly Line[] {
    this.#room = room;
    const lines = page.lines(look);
    page.offset = Math.min(page.offset, Math.max(0, lines.length - room));
    return lines.slice(page.offset, page.offset + room);
  }

  #drawRows(state: TopState, room: number, look: Look): readonly Line[] {
    const screen = this.#screen;
    const rows = this.#rows();
    const held = this.#view.held;
    const summary = look.style.faint(disarmLine(screen.head(held ?? rows, state)));
    if (rows.length === 0) {
      const filtered = this.#view.filter !== undefined && screen.filtersMessages !== true;
      this.#room = 1;
      return [summary, filtered ? 'no row passes the filter' : disarmLine(screen.nothing(state))];
    }
    const { columns } = screen;
    this.#room = Math.max(1, room - (columns === undefined ? 1 : 2));
    const inner: Look = { ...look, width: Math.max(1, look.width - MARK.length) };
    const at = this.#placeOf(rows);
    return columns === undefined
      ? [summary, ...this.#drawLines(rows, at, inner)]
      : [summary, ...this.#drawTable(columns, rows, at, inner)];
  }

  #drawTable(
    columns: NonNullable<TopScreen['columns']>,
    rows: readonly unknown[],
    at: number,
    look: Look,
  ): readonly Line[] {
    const view = this.#view;
    const room = this.#room;
    view.offset = Math.min(Math.max(view.offset, at - room + 1), at, Math.max(0, rows.length - room));
    view.offset = Math.max(0, view.offset);
    const shown = rows.slice(view.offset, view.offset + room);
    const [header = '', ...lines] = tableLines(columns, shown, { sorting: view.sorting, widths: view.widths, look });
    return [`${MARK}${header}`, ...lines.map((line, index) => marked(line, index + view.offset === at))];
  }

  #drawLines(rows: readonly unknown[], at: number, look: Look): readonly Line[] {
    const view = this.#view;
    const room = this.#room;
    const linesOf = (place: number): readonly string[] => this.#screen.lines?.(rows[place], look) ?? [];
    // From the chosen row upwards, as many as have room, is how far down the picture may begin.
    let first = at;
    let taken = linesOf(at).length;
    while (first > 0 && taken + linesOf(first - 1).length <= room) {
      first -= 1;
      taken += linesOf(first).length;
    }
    view.offset = Math.min(Math.max(view.offset, first), at);
    const lines: Line[] = [];
    for (let place = view.offset; place < rows.length && lines.length < room; place += 1) {
      const chosen = place === at && (this.#screen.follows !== true || view.chosen !== undefined);
      lines.push(...linesOf(place).map((line, index) => (index === 0 ? marked(line, chosen) : `${MARK}${line}`)));
    }
    return lines;
  }

  #foot(look: Look): string {
    if (this.#over?.over === 'prompt') return this.#over.prompt.text(look.width);
    if (this.#over?.over === 'question') return look.style.strong(disarmLine(this.#over.question));
    if (this.#note !== '') return look.style.strong(disarmLine(this.#note));
    const { filter } = this.#view;
    const keys = this.#over?.over === 'page' ? 'Esc back' : '? help  / filter  < > sort  space hold  y script  q end';
    return filter === undefined
      ? look.style.faint(keys)
      : `${look.style.accent(`/${disarmLine(filter.written)}`)}${look.style.faint(`  (Esc shows all)  ${keys}`)}`;
  }

  get #screen(): TopScreen {
    const screen = this.#parts.screens[this.#at];
    if (screen === undefined) throw new Error('there is no such screen');
    return screen;
  }

  get #view(): View {
    const view = this.#views[this.#at];
    if (view === undefined) throw new Error('there is no such screen');
    return view;
  }

  #rows(): readonly unknown[] {
    const { filter, sorting, held } = this.#view;
    return arranged(this.#screen, held ?? this.#screen.rows(this.#parts.state()), filter, sorting);
  }

  #places(): readonly string[] {
    const [row] = this.#screen.rows(this.#parts.state());
    const columns = this.#screen.columns?.map(({ key }) => key) ?? [];
    return [...new Set([...(row === undefined ? [] : Object.keys(this.#screen.fields(row))), ...columns])];
  }
}

const MARK = '  ';
const CHOSEN = '> ';

function marked(line: string, chosen: boolean): Line {
  return chosen ? { text: `${CHOSEN}${line}`, chosen: true } : `${MARK}${line}`;
}

function withoutStyles(line: string): string {
  return line.replaceAll(/\u001b\[[\d;]*m/g, '').trimEnd();
}

/** A command may be longer than a screen is wide, and no part of it may be lost. */
function cutAt(text: string, width: number): string[] {
  const room = Math.max(10, width - 1);
  const lines: string[] = [];
  for (let from = 0; from < text.length; from += room) lines.push(disarm(text.slice(from, from + room)));
  return lines;
}

function wordsOf(error: unknown): string {
  if (!isHeddleError(error)) throw error;
  const advice = adviceText(error);
  return advice === undefined ? error.message : `${error.message} (${advice})`;
}
