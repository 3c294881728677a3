import { rawItem, rawValue, scanItems } from '../contract/members.ts';
import { HeddleError } from '../errors.ts';
import { readPath } from '../tail/path.ts';
import { EXIT, type ExitCode } from './exit.ts';
import type { Io } from './io.ts';
import { disarm, quoted } from './screen/disarm.ts';
import type { Sink } from './sink.ts';
import { through } from './through.ts';

/** A key, a place in a list (a key where there is none), or every item of a list. */
type Step = string | typeof EVERY;
const EVERY = Symbol('[]');

/**
 * Of every JSON document that a command writes, one a line, only what stands at the path: as it was written, so that numbers keep
 * every digit; text without its quotes, as scripts want it; every match on a line of its own. What is not there leaves no line.
 */
export function select(io: Io, written: string): { readonly io: Io; refuseNothing(exit: ExitCode): void } {
  const steps = readSteps(written);
  let documents = 0;
  /** Of values, and of lists that have no items: none of nothing is no mistake. */
  let matches = 0;
  let last = '';
  const stdout = linesOf(io.stdout, (line) => {
    documents += 1;
    last = line;
    const { values, emptyLists } = valuesAt(line, steps);
    matches += values.length + emptyLists;
    return values.map((raw) => `${shown(raw, io.stdout.isTTY)}\n`).join('');
  });
  return {
    // Not a copy: the working directory and the home directory are looked up when they are asked for.
    io: Object.create(io, { stdout: { value: stdout } }),
    refuseNothing: (exit) => {
      if (documents === 0 || matches > 0 || exit !== EXIT.ok) return;
      throw new HeddleError('input_invalid', `--select: nothing stands at ${quoted(written)} in the answer`, {
        hint: `The ${documents === 1 ? 'document' : 'last document'} has: ${membersOf(last)}.`,
      });
    },
  };
}

/** `/a/0/b~1c` as RFC 6901 writes it; `a[0].b`, `a[].b`, `["a.b"]` as filters do, with a dot before it where somebody is used to one. */
function readSteps(written: string): readonly Step[] {
  if (written.startsWith('/')) {
    return written
      .slice(1)
      .split('/')
      .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  }
  const steps: Step[] = [];
  const parts = written.replace(/^\.(?=[^.[])/, '').split('[]');
  for (const [at, part] of parts.entries()) {
    if (at > 0) steps.push(EVERY);
    if (part === '' && (at > 0 || parts.length > 1)) continue;
    const read = readPath(at === 0 ? part : part.replace(/^\./, ''));
    if (read === undefined || read.rest !== '') {
      throw new HeddleError('usage', `--select: ${quoted(written)} is no path`, {
        hint: 'Write /workers/0/type, workers[0].type, or workers[].type for every one.',
      });
    }
    steps.push(...read.path.map(String));
  }
  return steps;
}

/** The raw text of each value; of a list a number is a place, of an object a key. */
function valuesAt(text: string, steps: readonly Step[]): { values: readonly string[]; emptyLists: number } {
  let values = [text];
  let emptyLists = 0;
  for (const step of steps) {
    values = values.flatMap((value) => {
      if (step === EVERY) {
        const items = [...scanItems(value)].map(({ start, end }) => value.slice(start, end));
        if (items.length === 0 && value.startsWith('[')) emptyLists += 1;
        return items;
      }
      const found = value.startsWith('[') ? itemAt(value, step) : rawValue(value, step);
      return found === undefined ? [] : [found];
    });
  }
  return { values, emptyLists };
}

function itemAt(text: string, step: string): string | undefined {
  return /^(?:0|[1-9]\d{0,8})$/.test(step) ? rawItem(text, Number(step)) : undefined;
}

/** A terminal would obey what stands in a text of the bus; a program gets it as it is. */
function shown(raw: string, onTerminal: boolean): string {
  if (!raw.startsWith('"')) return raw;
  const text: string = JSON.parse(raw);
  return onTerminal ? disarm(text) : text;
}

function membersOf(line: string): string {
  const value: unknown = JSON.parse(line);
  const names = Object.keys(Object(value));
  return names.length === 0
    ? 'no members'
    : names
        .slice(0, 20)
        .map((name) => quoted(name, 40))
        .join(', ');
}

/** The same place, which takes whole lines and passes on what becomes of each. */
function linesOf(sink: Sink, made: (line: string) => string): Sink {
  const decoder = new TextDecoder();
  let rest = '';
  return through(sink, (chunk) => {
    const lines = (rest + (typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true }))).split('\n');
    rest = lines.pop() ?? '';
    return lines
      .filter((line) => line !== '')
      .map(made)
      .join('');
  });
}
