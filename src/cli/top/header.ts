import { type BusProblem, busProblems } from '../../top/problems.ts';
import { plural } from '../../topology/wording.ts';
import { workerTotals } from '../../topology/worker-count.ts';
import { counted, formatCount } from '../screen/count.ts';
import { disarmLine } from '../screen/disarm.ts';
import { fitParts, type Part } from '../screen/fit-parts.ts';
import type { Look, TopScreen, TopState } from './screen.ts';
import { clockText, rateText, UNKNOWN } from './words.ts';

/**
 * What stands above every screen: the bus and what was missed of it, the sums, the worst problem, the screens by their keys. The first
 * parts are never left out: a bus that is gone, gaps and drops are said before anything else.
 */
export function headerLines({ state, screens, at, paused, height }: Above, look: Look): readonly string[] {
  const problems = busProblems(state.model);
  const [worst] = screens[at]?.showsProblems === true || height < ROOMY ? [] : (problems ?? []);
  return [
    fitParts(titleParts(state, paused, look), look.width, look.symbols.ellipsis),
    fitParts(sumParts(state, problems, look), look.width, look.symbols.ellipsis),
    ...(worst === undefined ? [] : [fitParts([worstPart(worst, look)], look.width, look.symbols.ellipsis)]),
    tabs(screens, at, look),
  ];
}

interface Above {
  readonly state: TopState;
  readonly screens: readonly TopScreen[];
  readonly at: number;
  readonly paused: boolean;
  /** Of the whole screen. */
  readonly height: number;
}

/** Where there are fewer rows, the number of problems has to do. */
const ROOMY = 14;

function titleParts({ model }: TopState, paused: boolean, { style, symbols }: Look): Part[] {
  const { link, lost, unheard, roles } = model;
  const server = roles.known ? roles.map.servers[0]?.version : undefined;
  const gone = link.up
    ? []
    : [
        { text: `${symbols.fail} BUS GONE since ${clockText(link.since)}`, rank: 0, style: style.bad },
        {
          text: `${link.reason === undefined ? '' : `${disarmLine(link.reason)}; `}all below is as it was then`,
          rank: 4,
        },
      ];
  const missed = `${formatCount(lost.missed)}${lost.unknown > 0 ? '+' : ''} missed`;
  return [
    ...gone,
    ...(lost.gaps === 0 ? [] : [{ text: `${counted(lost.gaps, 'gap')}, ${missed}`, rank: 1, style: style.warn }]),
    ...(lost.dropped === 0 ? [] : [{ text: `${formatCount(lost.dropped)} dropped`, rank: 1, style: style.warn }]),
    ...(unheard.length === 0 ? [] : [{ text: `unheard: ${unheard.join(' ')}`, rank: 2, style: style.warn }]),
    ...(paused ? [{ text: 'PAUSED', rank: 0, style: style.mark }] : []),
    { text: 'heddle-ts top', rank: 3, style: style.strong },
    { text: disarmLine(link.url), rank: 5 },
    { text: server === undefined ? '' : `nats-server ${disarmLine(server)}`, rank: 6, style: style.faint },
  ];
}

function sumParts({ model }: TopState, wrong: readonly BusProblem[] | undefined, { style }: Look): Part[] {
  const { roles, flows, tasks, goals } = model;
  const old = roles.known && roles.stale !== undefined ? ` (as of ${clockText(roles.readAt)})` : '';
  const problems = wrong === undefined ? 'problems unknown' : `${counted(wrong.length, 'problem')}${old}`;
  const failed = flows.failures.count + flows.refusals.count;
  const workers = roles.known ? workerTotals(roles.map, roles.http).replicas : undefined;
  const more = roles.known && roles.http.unknown.length > 0 ? ' or more' : '';
  const bad = (count: number) => (count > 0 ? style.bad : undefined);
  return [
    { text: problems, rank: 0, style: wrong === undefined ? style.warn : bad(wrong.length) },
    { text: rateText(flows.messages.perSecond), rank: 1 },
    { text: `${formatCount(tasks.openCount)} in flight`, rank: 2 },
    { text: `${formatCount(failed)} failed`, rank: 3, style: bad(failed) },
    { text: `${formatCount(tasks.orphans.length)} unanswered`, rank: 5, style: bad(tasks.orphans.length) },
    { text: workers === undefined ? `workers ${UNKNOWN}` : `${many(workers, 'worker')}${more}`, rank: 4 },
    { text: roles.known ? many(roles.map.routers.length, 'router') : `routers ${UNKNOWN}`, rank: 6 },
    { text: many(goals.runningCount, 'goal'), rank: 7 },
  ];
}

function many(count: number, word: string): string {
  return `${formatCount(count)} ${plural(count, word)}`;
}

function worstPart({ severity, message }: BusProblem, { style, symbols }: Look): Part {
  const bad = severity === 'error';
  return {
    text: `${bad ? symbols.fail : symbols.warn} ${disarmLine(message)}`,
    rank: 0,
    style: bad ? style.bad : style.warn,
  };
}

/** Where names have no room their beginnings have; the chosen one stands in brackets, whatever the colours. */
function tabs(screens: readonly TopScreen[], chosen: number, { style, width }: Look): string {
  const line = (names: readonly string[]): string[] =>
    names.map((name, at) => (at === chosen ? `[${at + 1} ${name}]` : ` ${at + 1} ${name} `));
  const long = line(screens.map(({ title }) => title));
  const length = long.reduce((sum, { length: each }) => sum + each, 0);
  const shown = length <= width ? long : line(screens.map(({ title }) => title.slice(0, SHORT)));
  return shown.map((text, at) => (at === chosen ? style.strong(text) : style.faint(text))).join('');
}

const SHORT = 3;
