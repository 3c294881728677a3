import type { LinePrompt } from './prompt.ts';
import type { Look } from './screen.ts';

/** What lies over the picture, and has the keys until it is done with. */
export type Over =
  | { readonly over: 'prompt'; readonly prompt: LinePrompt }
  | { readonly over: 'question'; readonly question: string; readonly yes: () => Promise<string> }
  | Page;

export interface Page {
  readonly over: 'page';
  readonly lines: (look: Look) => readonly string[];
  /** What can be copied from it. */
  readonly copies: string | undefined;
  offset: number;
}

const CLOSE: ReadonlySet<string> = new Set(['escape', 'enter', '?', 'y']);

/** What a key does to a page of so much room; undefined: it is not the page's. */
export function turnPage(page: Page, key: string, room: number): 'turned' | 'copy' | 'closed' | undefined {
  if (CLOSE.has(key)) return 'closed';
  if (key === 'Y' && page.copies !== undefined) return 'copy';
  const steps: Readonly<Record<string, number>> = {
    ...{ up: -1, k: -1, down: 1, j: 1, 'page-up': -room, 'page-down': room, ' ': room },
    ...{
      home: Number.NEGATIVE_INFINITY,
      g: Number.NEGATIVE_INFINITY,
      end: Number.MAX_SAFE_INTEGER,
      G: Number.MAX_SAFE_INTEGER,
    },
  };
  const step = steps[key];
  if (step === undefined) return undefined;
  page.offset = Math.max(0, page.offset + step);
  return 'turned';
}

export function pageLines(page: Page, room: number, look: Look): readonly string[] {
  const lines = page.lines(look);
  page.offset = Math.min(page.offset, Math.max(0, lines.length - room));
  return lines.slice(page.offset, page.offset + room);
}

/** A command may be longer than a screen is wide, and no part of it may be lost. */
export function cutAt(text: string, width: number): readonly string[] {
  const room = Math.max(10, width - 1);
  return Array.from({ length: Math.ceil(text.length / room) }, (_, at) => text.slice(at * room, (at + 1) * room));
}
