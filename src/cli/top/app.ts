import { isHeddleError } from '../../errors.ts';
import { adviceText } from '../remedies.ts';
import type { Key } from '../screen/live/keys.ts';
import type { Line, Size } from '../screen/live/stage.ts';
import { readFilter } from './filter.ts';
import { helpLines } from './help.ts';
import { nextSorting } from './order.ts';
import { cutAt, type Over, type Page, turnPage } from './over.ts';
import type { AppParts, Writes } from './parts.ts';
import { picture } from './picture.ts';
import { LinePrompt } from './prompt.ts';
import type { Look } from './screen.ts';
import { move, placeOf, placesOf, rowsOf, type View, viewOf } from './view.ts';

/** `top` between the keys and the picture: which screen, which row, what is asked. Knows no terminal and no bus. */
export class App {
  readonly #parts: AppParts;
  readonly #views: readonly View[];
  #at = 0;
  #over: Over | undefined;
  #note = '';
  #paused = false;
  #lastPicture: readonly string[] = [];

  constructor(parts: AppParts) {
    this.#parts = parts;
    this.#views = parts.screens.map(viewOf);
  }

  /** The whole screen, as many lines as it has rows. */
  draw({ rows: height }: Pick<Size, 'rows'>, look: Look): readonly Line[] {
    const scene = {
      screens: this.#parts.screens,
      at: this.#at,
      over: this.#over,
      note: this.#note,
      paused: this.#view.held !== undefined,
    };
    const lines = picture({ ...scene, state: this.#parts.state(), view: this.#view }, height, look);
    this.#lastPicture = lines.map((line) => withoutStyles(typeof line === 'string' ? line : line.text));
    return lines;
  }

  show(at: number): void {
    if (this.#views[at] === undefined) return;
    this.#at = at;
    this.#over = undefined;
    this.#parts.deeds.opened(this.#view.screen);
  }

  /** Nothing written shows all. Throws `usage` for what is no filter, with `called` for where it was written. */
  filter(written: string, called = '/'): void {
    const view = this.#view;
    const { filtersMessages } = view.screen;
    const places = filtersMessages === true ? undefined : placesOf(view.screen);
    view.filter = written === '' ? undefined : readFilter(written, places, called);
    view.chosen = undefined;
    this.#holdWhatIsRead(view);
    if (filtersMessages === true) this.#parts.state().model.stream.filterBy(view.filter?.filter);
  }

  key(key: Key): void {
    const { name } = key;
    if (name === 'ctrl-c') return this.#parts.deeds.interrupt();
    if (name === 'ctrl-z') return this.#parts.deeds.suspend();
    // Nothing here is on Alt: it was Escape, and a key right behind it.
    if (/^alt-.$/u.test(name)) {
      this.key({ name: 'escape' });
      return this.key({ name: name.slice(4), text: name.slice(4) });
    }
    this.#note = '';
    if (this.#over?.over === 'prompt') return this.#write(this.#over.prompt, key);
    if (this.#over?.over === 'question') return this.#answer(this.#over.yes, name);
    if (this.#over?.over === 'page' && this.#turn(this.#over, name)) return;
    if (name !== 'paste') this.#command(name);
  }

  #command(name: string): void {
    const view = this.#view;
    const { deeds, screens } = this.#parts;
    const { columns, title } = view.screen;
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
        return this.#ask('/', '', (written) => this.filter(written.trim()));
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
        return this.#do(deeds.update().then(() => 'asked'));
      case 'y':
        return this.#showCommands();
      case 's':
        return this.#ask('write to: ', this.#parts.savePath(title), (path) => this.#save(path.trim()));
      case 'enter':
        return this.#look();
      case 'escape':
        return this.#back();
      case 'R':
        return this.#askReload();
      case 'P':
        return this.#askReplay();
      default:
        move(view, this.#rows(), name);
        this.#holdWhatIsRead(view);
    }
  }

  #back(): void {
    const view = this.#view;
    if (view.filter !== undefined) this.filter('');
    else if (view.sorting !== undefined) view.sorting = undefined;
    else if (this.#paused) this.#pause(false);
    else {
      view.chosen = undefined;
      this.#holdWhatIsRead(view);
    }
  }

  /** Who goes back in what streams by reads something: it stands still until its end is followed again. */
  #holdWhatIsRead(view: View): void {
    if (view.screen.follows !== true || this.#paused) return;
    view.held = view.chosen === undefined ? undefined : (view.held ?? view.screen.rows(this.#parts.state()));
  }

  #pause(paused: boolean): void {
    this.#paused = paused;
    const state = this.#parts.state();
    for (const view of this.#views) view.held = paused ? view.screen.rows(state) : undefined;
  }

  // What lies over the picture

  #page(lines: Page['lines'], copies?: string): void {
    this.#over = { over: 'page', lines, copies, offset: 0 };
  }

  #ask(label: string, text: string, done: (text: string) => void): void {
    this.#over = { over: 'prompt', prompt: new LinePrompt(label, text, done) };
  }

  #write(prompt: LinePrompt, key: Key): void {
    const result = prompt.key(key);
    if (result === 'open') return;
    this.#over = undefined;
    if (result === 'given-up') return;
    try {
      prompt.done();
    } catch (error) {
      this.#note = wordsOf(error);
    }
  }

  #answer(yes: () => Promise<string>, name: string): void {
    this.#over = undefined;
    if (name === 'y' || name === 'Y') this.#do(yes());
    else this.#note = 'nothing was sent';
  }

  /** True when the page took the key. */
  #turn(page: Page, name: string): boolean {
    const turned = turnPage(page, name, this.#view.room);
    if (turned === 'closed') this.#over = undefined;
    if (turned === 'copy') {
      this.#parts.deeds.copy(page.copies ?? '');
      this.#note = 'copied, where the terminal takes it (OSC 52)';
    }
    return turned !== undefined;
  }

  #look(): void {
    const { screen } = this.#view;
    const row = this.#chosenRow();
    if (row === undefined || screen.detail === undefined) return;
    this.#page((look) => screen.detail?.(row, this.#parts.state(), look) ?? []);
  }

  #showCommands(): void {
    const { screen, filter } = this.#view;
    const commands = screen
      .commands(this.#rows(), filter, this.#parts.state())
      .map((each) => `${each}${this.#parts.connection}`);
    const lines = ({ width }: Look) => [
      'the same for a script; Y copies it',
      '',
      ...commands.flatMap((each) => cutAt(each, width)),
    ];
    this.#page(lines, commands.join('\n'));
  }

  // Deeds

  #save(path: string): void {
    const { title, fields } = this.#view.screen;
    if (path === '') return;
    const shown = { title, screen: this.#lastPicture, rows: this.#rows().map((row) => fields(row)) };
    this.#do(this.#parts.deeds.save(path, shown));
  }

  #askReload(): void {
    const { writes } = this.#parts.deeds;
    if (writes === undefined) this.#note = SENDS_NOTHING;
    else {
      const question = 'Ask every actor on this bus to read its config again? y/N';
      this.#over = { over: 'question', question, yes: () => writes.reload() };
    }
  }

  #askReplay(): void {
    const { writes } = this.#parts.deeds;
    const row = this.#chosenRow();
    const group = row === undefined ? undefined : this.#view.screen.fields(row).group;
    if (writes === undefined) this.#note = SENDS_NOTHING;
    else if (typeof group !== 'string' || this.#view.screen.replays !== true) {
      this.#note = 'choose a group of dead letters first';
    } else this.#do(writes.planReplay(group).then((plan) => this.#askToSend(plan)));
  }

  /** A word, and not a key: it comes up while somebody may be pressing another. */
  #askToSend(plan: Awaited<ReturnType<Writes['planReplay']>>): string {
    if (typeof plan === 'string') return plan;
    if (this.#over !== undefined) return 'asked again with P';
    this.#ask(`${plan.question} Type yes: `, '', (word) => {
      if (word.trim().toLowerCase() === 'yes') this.#do(plan.send());
      else this.#note = 'nothing was sent';
    });
    return '';
  }

  /** What it comes to is said at the foot, whenever that is. */
  #do(deed: Promise<string>): void {
    this.#note = 'under way';
    deed
      .then(
        (said) => {
          this.#note = said;
        },
        (error: unknown) => {
          this.#note = wordsOf(error);
        },
      )
      .finally(() => this.#parts.changed());
  }

  get #view(): View {
    const view = this.#views[this.#at];
    if (view === undefined) throw new Error('there is no such screen');
    return view;
  }

  #rows(): readonly unknown[] {
    return rowsOf(this.#view, this.#parts.state());
  }

  #chosenRow(): unknown {
    const rows = this.#rows();
    return rows[placeOf(this.#view, rows)];
  }
}

const SENDS_NOTHING = 'this view sends nothing; begin it with --allow-write for that';

function withoutStyles(line: string): string {
  return line.replaceAll(/\u001b\[[\d;]*m/g, '').trimEnd();
}

/** Throws on what is no error of ours. */
function wordsOf(error: unknown): string {
  if (!isHeddleError(error)) throw error;
  const advice = adviceText(error);
  return advice === undefined ? error.message : `${error.message} (${advice})`;
}
