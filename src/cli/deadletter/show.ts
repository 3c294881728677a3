import { decodeMessage } from '../../contract/read-message.ts';
import { TASKS_INCOMING } from '../../contract/subjects.ts';
import { letterDocument } from '../../deadletter/document.ts';
import { decision, type Explanation, explain, instead, unsendable } from '../../deadletter/explain.ts';
import type { Standing } from '../../deadletter/standing.ts';
import type { Letter } from '../../letters/letter.ts';
import { type HttpLane, type HttpWorkers, lanesFor } from '../../topology/http-workers.ts';
import { servesTier } from '../../topology/topology.ts';
import { plural } from '../../topology/wording.ts';
import type { Transport } from '../../transport/transport.ts';
import { command } from '../command.ts';
import { EXIT } from '../exit.ts';
import type { Formats } from '../output-format.ts';
import { adviceText } from '../remedies.ts';
import { disarm, disarmLine } from '../screen/disarm.ts';
import { prettyJson } from '../screen/pretty-json.ts';
import { wrapped } from '../screen/wrap.ts';
import type { Screen } from '../session.ts';
import { HOME, openHomeAndBus } from './home.ts';
import { timeText } from './letter-line.ts';

/** Who would get the work now. Undefined: the servers do not tell. */
interface Listening {
  readonly routers: number;
  readonly workers: number | undefined;
  /** What a number does not say. */
  readonly overHttp: string | undefined;
}

interface LetterView {
  readonly letter: Letter;
  readonly standing: Standing;
  readonly explanation: Explanation;
  /** The work itself, character for character, where it is kept. */
  readonly original: string | undefined;
  readonly unsendable: string | undefined;
  readonly listening: Listening | undefined;
}

const FORMATS = {
  human: (session) => (view) => session.print(inWords(view, session.out)),
  json: (session) => (view) => session.json(document(view)),
} satisfies Formats<(view: LetterView) => void>;

/** One letter with everything that is known of it. */
export const showCommand = command({
  formats: FORMATS,
  connects: true,
  exact: true,
  examples: [
    ['heddle-ts dead-letter show d1204-7f3k', 'why it failed, what to do, who listens now, and the message'],
    ["heddle-ts dead-letter show d1204-7f3k -o json | jq -r '.message_base64' | base64 -d", 'the very bytes'],
  ],
  operand: ['<id>', 'as groups and list show it'],
  groups: [HOME],
  run: async (session, [id = ''], flags) => {
    const [{ findLetter }, { standingsOf }, { originalOf }] = await Promise.all([
      import('../../deadletter/find.ts'),
      import('../../deadletter/look.ts'),
      import('../../deadletter/original-of.ts'),
    ]);
    const now = session.io.clock.now();
    const { home, bus } = await openHomeAndBus(session, flags);
    const letter = await findLetter(home, id, now);
    const standing = (await standingsOf(home, now)).of(letter);
    const original = await originalOf(home, letter);
    FORMATS[session.format](session)({
      letter,
      standing,
      explanation: explain(letter),
      original,
      unsendable: unsendable(letter, original),
      listening: await listeningFor(letter, bus),
    });
    return EXIT.ok;
  },
});

async function listeningFor({ worker, tier }: Letter, bus: Transport): Promise<Listening | undefined> {
  const [{ readTopology }, { hearersOf }, { readHttpWorkers }, { membersOf, workerCount }] = await Promise.all([
    import('../../topology/read-topology.ts'),
    import('../../topology/hearers.ts'),
    import('../../topology/read-http-workers.ts'),
    import('../../topology/worker-count.ts'),
  ]);
  const map = await readTopology(bus);
  if (!map.known) return undefined;
  const routers = hearersOf(map, TASKS_INCOMING).actors.length;
  if (worker === undefined) return { routers, workers: undefined, overHttp: undefined };
  const http = await readHttpWorkers(bus, map);
  const serving = map.workers.filter((each) => each.type === worker && (tier === undefined || servesTier(each, tier)));
  const lanes = lanesFor(http, worker, tier);
  const workers = workerCount(serving.flatMap(membersOf), lanes);
  return { routers, workers, overHttp: overHttpText(lanes, http) };
}

function overHttpText(lanes: readonly HttpLane[], { unknown }: HttpWorkers): string | undefined {
  const durable = lanes.find(({ mode }) => mode === 'durable');
  if (durable !== undefined) return `gateway ${durable.gateway} keeps its tasks for workers over HTTP`;
  return unknown.length === 0 ? undefined : `who works over HTTP is not known: ${unknown.join('; ')}`;
}

function document({ letter, standing, explanation, original, unsendable: why, listening }: LetterView) {
  return {
    schema_version: 1,
    ok: true,
    ...letterDocument(letter, standing),
    why: explanation.why,
    advice: adviceText(explanation.advice),
    operation: standing.operation ?? null,
    replayable: why === undefined,
    not_replayable_because: why ?? null,
    instead: why === undefined ? null : insteadText(letter),
    routers_listening: listening?.routers ?? null,
    workers_listening: listening?.workers ?? null,
    message_base64: Buffer.from(letter.bytes).toString('base64'),
    original_base64: original === undefined ? null : Buffer.from(original).toString('base64'),
  };
}

function insteadText(letter: Letter): string | null {
  const advice = instead(letter);
  return advice === undefined ? null : adviceText(advice);
}

function inWords(view: LetterView, { style, width }: Screen): string {
  const { letter, standing, explanation, original, unsendable: why, listening } = view;
  const { id, kind, fingerprint, at, subject, goal, worker, tier, bytes } = letter;
  const who = worker === undefined ? '' : `  ${disarmLine(worker)}${tier === undefined ? '' : `.${disarmLine(tier)}`}`;
  const lines = [
    `${style.strong(id)}  ${kind}${who}  ${style.faint(`group ${fingerprint}`)}`,
    style.faint(`${timeText(at)} on ${disarmLine(subject)}${goal === undefined ? '' : `, goal ${disarmLine(goal)}`}`),
    '',
    ...wrapped(disarmLine(explanation.why), width, ''),
    ...wrapped(`→ ${disarmLine(adviceText(explanation.advice))}`, width, '  ').map(style.accent),
    '',
    standingText(standing),
    ...decisionLines(view, width).map(style.accent),
    listeningText(listening),
  ];
  if (why !== undefined) {
    lines.push(...wrapped(`It cannot be sent again from here: ${disarmLine(why)}.`, width, ''));
    const advice = instead(letter);
    if (advice !== undefined) lines.push(...wrapped(`→ ${adviceText(advice)}`, width, '  ').map(style.accent));
  }
  const decoded = decodeMessage(subject, bytes);
  const shown = decoded.text === undefined ? `(${bytes.length} bytes that are no text)` : pretty(decoded.text);
  lines.push('', style.strong('the message'), shown);
  if (original !== undefined && kind !== 'refusal' && kind !== 'orphan') {
    lines.push('', style.strong('the work itself'), pretty(original));
  }
  return lines.join('\n');
}

function decisionLines({ letter: { id }, standing }: LetterView, width: number): string[] {
  const { state, operation } = standing;
  if (state !== 'uncertain' || operation === undefined) return [];
  return wrapped(`→ ${adviceText(decision(operation, id))}`, width, '  ');
}

function standingText({ state, returns, sentAt, operation }: Standing): string {
  const by = operation === undefined ? '' : ` by ${operation}`;
  const back = returns === 0 ? '' : ` It had been sent again ${timesText(returns)} before it failed like this.`;
  switch (state) {
    case 'open':
      return `Nothing was done about it yet.${back}`;
    case 'sending':
      return `It is being sent again${by}.${back}`;
    case 'uncertain':
      return `It may have been sent again${by}: whoever did it died over it.${back}`;
    case 'sent':
      return `It was sent again${by}${sentAt === undefined ? '' : ` at ${timeText(sentAt)}`}.${back}`;
    case 'archived':
      return `It is archived.${back}`;
  }
}

function timesText(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}

function listeningText(listening: Listening | undefined): string {
  if (listening === undefined) return 'Who listens now is not known: the servers do not tell.';
  const { routers, workers, overHttp } = listening;
  const router = routers === 0 ? 'no router' : `${routers} ${plural(routers, 'router')}`;
  if (workers === undefined) return `Listening now: ${router}.`;
  const them = workers === 0 ? 'no worker for it' : `${workers} ${plural(workers, 'worker')} for it`;
  return `Listening now: ${router}, ${them}${overHttp === undefined ? '' : `; ${overHttp}`}.`;
}

function pretty(text: string): string {
  return disarm(prettyJson(text));
}
