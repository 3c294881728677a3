import { hash } from 'node:crypto';
import { isJsonObject } from '../contract/json.ts';
import { isHeddleError } from '../errors.ts';
import type { Letter } from '../letters/letter.ts';
import type { Bucket } from '../store/bucket.ts';
import type { LetterState, Standing } from './standing.ts';

/**
 * What was done with one letter, under a key of its own. `claimed`: an operation has it and nothing left yet. `leaving`: written on the
 * same connection right before the work, as `left` is right behind it: which of them arrived tells how far a connection came. `sent`: it
 * arrived, and what the server had to say of it is known.
 */
export interface Entry {
  readonly state: 'claimed' | 'leaving' | 'left' | 'sent' | 'open' | 'archived';
  readonly operation: string | undefined;
  /** Milliseconds since 1970, on the clock of whoever keeps the letters. */
  readonly at: number;
  /** How often it left, this time included. */
  readonly sends: number;
  /** Whose work it is: the same for every letter of one task. */
  readonly work: string;
  /** The id under which the work was sent, where it was another one. */
  readonly newWork: string | undefined;
  /** As long as it is under way: the server that it leaves through. Another one cannot tell how far it came. */
  readonly server?: string | undefined;
}

const ITEMS = 'i';

export function itemKey(id: string): string {
  return `${ITEMS}.${id}`;
}

export function entryText({ state, operation, at, sends, work, newWork, server }: Entry): string {
  return JSON.stringify({ s: state, o: operation, t: Math.round(at), n: sends, w: work, x: newWork, v: server });
}

const STATES = ['claimed', 'leaving', 'left', 'sent', 'open', 'archived'] as const;

/** Undefined for what is no entry. */
export function entryIn(value: Uint8Array): Entry | undefined {
  let read: unknown;
  try {
    read = JSON.parse(Buffer.from(value).toString());
  } catch {
    return undefined;
  }
  if (!isJsonObject(read)) return undefined;
  const { s, o, t, n, w, x, v } = read;
  const state = STATES.find((each) => each === s);
  if (state === undefined || typeof t !== 'number' || typeof n !== 'number' || typeof w !== 'string') return undefined;
  return {
    state,
    operation: typeof o === 'string' ? o : undefined,
    at: t,
    sends: n,
    work: w,
    newWork: typeof x === 'string' ? x : undefined,
    server: typeof v === 'string' ? v : undefined,
  };
}

/** One task, however often it fails; a letter without an id stands for itself. */
export function workKey({ workId, id }: Pick<Letter, 'workId' | 'id'>): string {
  return workKeyOf(workId ?? id);
}

/** `workId`: as JSON. */
export function workKeyOf(workId: string): string {
  return hash('sha256', workId, 'hex').slice(0, 16);
}

/** What the journal says of letters, read at once. */
export class Standings {
  readonly #entries = new Map<string, Entry>();
  /** By work: when it was sent, and how often before. Mostly of one letter, and of a hundred thousand a list each costs. */
  readonly #sent = new Map<string, Entry | Entry[]>();
  /** What was sent under a new id is the same work. */
  readonly #roots = new Map<string, string>();
  readonly #running: ReadonlySet<string>;

  /** `running`: operations that somebody runs now. */
  constructor(running: ReadonlySet<string> = new Set()) {
    this.#running = running;
  }

  add(id: string, entry: Entry): void {
    this.#entries.set(id, entry);
    if (entry.sends === 0) return;
    const known = this.#sent.get(entry.work);
    if (known === undefined) this.#sent.set(entry.work, entry);
    else if (Array.isArray(known)) known.push(entry);
    else this.#sent.set(entry.work, [known, entry]);
    if (entry.newWork !== undefined) this.#roots.set(entry.newWork, entry.work);
  }

  entryOf(id: string): Entry | undefined {
    return this.#entries.get(id);
  }

  rootOf(letter: Pick<Letter, 'workId' | 'id'>): string {
    const own = workKey(letter);
    return this.#roots.get(own) ?? own;
  }

  of(letter: Letter): Standing {
    return new Looked(this, letter, this.#entries.get(letter.id));
  }

  /** How often the work of a letter had been sent before it failed like this; `own`: what stands of this very letter. */
  returnsOf(letter: Letter, own: Entry | undefined): number {
    const sent = this.#sent.size === 0 ? [] : (this.#sent.get(this.rootOf(letter)) ?? []);
    let returns = 0;
    for (const each of Array.isArray(sent) ? sent : [sent]) {
      if (each !== own && each.at <= letter.at) returns += each.sends;
    }
    return returns;
  }

  stateOf({ state, operation }: Entry): LetterState {
    const runs = operation !== undefined && this.#running.has(operation);
    switch (state) {
      case 'claimed':
        return runs ? 'sending' : 'open';
      case 'leaving':
      case 'left':
        return runs ? 'sending' : 'uncertain';
      default:
        return state;
    }
  }
}

/** How often its work came back is found out when somebody asks: of most that are hidden nobody does, and it is most of the work. */
class Looked implements Standing {
  readonly state: LetterState;
  readonly sentAt: number | undefined;
  readonly operation: string | undefined;
  readonly #standings: Standings;
  readonly #letter: Letter;
  readonly #entry: Entry | undefined;

  constructor(standings: Standings, letter: Letter, entry: Entry | undefined) {
    this.state = entry === undefined ? 'open' : standings.stateOf(entry);
    this.sentAt = entry === undefined || entry.sends === 0 ? undefined : entry.at;
    this.operation = entry?.operation;
    this.#standings = standings;
    this.#letter = letter;
    this.#entry = entry;
  }

  get returns(): number {
    return this.#standings.returnsOf(this.#letter, this.#entry);
  }
}

/** Reads every entry; where there is no journal yet, nothing was done. */
export async function readStandings(journal: Bucket, running: ReadonlySet<string>): Promise<Standings> {
  const standings = new Standings(running);
  try {
    for await (const change of journal.watch({ pattern: `${ITEMS}.>` })) {
      if (change.kind === 'current') break;
      const entry = change.kind === 'put' ? entryIn(change.value) : undefined;
      if (entry !== undefined) standings.add(change.key.slice(ITEMS.length + 1), entry);
    }
  } catch (error) {
    if (!isHeddleError(error) || error.code !== 'no_match') throw error;
  }
  return standings;
}
