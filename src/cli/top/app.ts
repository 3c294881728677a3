import type { Key } from '../screen/live/keys.ts';
import type { Line, Size } from '../screen/live/stage.ts';
import { readFilter } from './filter.ts';
import { Foreground } from './foreground.ts';
import { helpLines } from './help.ts';
import { nextSorting } from './order.ts';
import { cutAt } from './over.ts';
import type { AppParts, Writes } from './parts.ts';
import { picture } from './picture.ts';
import type { Look } from './screen.ts';
import { move, placeOf, placesOf, rowsOf, type View, viewOf } from './view.ts';

/** `top` between the keys and the picture: which screen, which row, what is asked. Knows no terminal and no bus. */
export class App {
  readonly #parts: AppParts;
  readonly #views: readonly View[];
  readonly #front: Foreground;
  #at = 0;
  #paused = false;
  #lastPicture: readonly string[] = [];

  constructor(parts: AppParts) {
    this.#parts = parts;
    this.#views = parts.screens.map(viewOf);
    this.#front = new Foreground((text) => parts.deeds.copy(text), parts.changed);
  }

  /** The whole screen, as many lines as it has rows. */
  draw({ rows: height }: Pick<Size, 'rows'>, look: Look): readonly Line[] {
    const scene = {
      screens: this.#parts.screens,
      at: this.#at,
      over: this.#front.over,
      note: this.#front.note,
      paused: this.#view.held !== undefined,
    };
    const lines = picture({ ...scene, state: this.#parts.state(), view: this.#view }, height, look);
    this.#lastPicture = lines.map((line) => withoutStyles(typeof line === 'string' ? line : line.text));
    return lines;
  }

  show(at: number): void {
    if (this.#views[at] === undefined) return;
    this.#at = at;
    this.#front.over = undefined;
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
    if (this.#front.key(key, this.#view.room)) return;
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
        return this.#front.page(() => helpLines(deeds.writes !== undefined));
      case '/':
        return this.#front.ask('/', '', (written) => this.filter(written.trim()));
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
        return this.#front.do(deeds.update().then(() => 'asked'));
      case 'y':
        return this.#showCommands();
      case 's':
        return this.#front.ask('write to: ', this.#parts.savePath(title), (path) => this.#save(path.trim()));
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

  #look(): void {
    const { screen } = this.#view;
    const row = this.#chosenRow();
    if (row === undefined || screen.detail === undefined) return;
    this.#front.page((look) => screen.detail?.(row, this.#parts.state(), look) ?? []);
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
    this.#front.page(lines, commands.join('\n'));
  }

  // Deeds

  #save(path: string): void {
    const { title, fields } = this.#view.screen;
    if (path === '') return;
    const shown = { title, screen: this.#lastPicture, rows: this.#rows().map((row) => fields(row)) };
    this.#front.do(this.#parts.deeds.save(path, shown));
  }

  #askReload(): void {
    const { writes } = this.#parts.deeds;
    if (writes === undefined) this.#front.note = SENDS_NOTHING;
    else this.#front.askYesNo('Ask every actor on this bus to read its config again? y/N', () => writes.reload());
  }

  #askReplay(): void {
    const { writes } = this.#parts.deeds;
    const row = this.#chosenRow();
    const group = row === undefined ? undefined : this.#view.screen.fields(row).group;
    if (writes === undefined) this.#front.note = SENDS_NOTHING;
    else if (typeof group !== 'string' || this.#view.screen.replays !== true) {
      this.#front.note = 'choose a group of dead letters first';
    } else this.#front.do(writes.planReplay(group).then((plan) => this.#askToSend(plan)));
  }

  /** A word, and not a key: it comes up while somebody may be pressing another. */
  #askToSend(plan: Awaited<ReturnType<Writes['planReplay']>>): string {
    if (typeof plan === 'string') return plan;
    if (this.#front.over !== undefined) return 'asked again with P';
    this.#front.ask(`${plan.question} Type yes: `, '', (word) => {
      if (word.trim().toLowerCase() === 'yes') this.#front.do(plan.send());
      else this.#front.note = 'nothing was sent';
    });
    return '';
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
