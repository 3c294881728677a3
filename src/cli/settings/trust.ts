import { HeddleError } from '../../errors.ts';
import type { Candidate, Candidates } from './candidates.ts';
import type { NatsContext } from './context.ts';
import { readServers } from './server-url.ts';
import { type Source, sourceText } from './source.ts';

/** Whose word a setting is: a flag and the environment are the user's, a `.env` file is whoever's directory this is. */
type Who = 'flag' | 'environment' | 'context' | 'env_file' | 'default';

/**
 * Which server may get which credentials: the row named the server, the column gives the credentials. A server named by a
 * less trusted source never gets credentials of a more trusted one. `own`: a context's credentials go where that context
 * itself says, whoever said it once more. A `.env` file that the user named with a flag is the user's own, like the environment.
 */
const MAY: Readonly<Record<Who, Readonly<Record<Exclude<Who, 'default'>, 'yes' | 'own' | 'no'>>>> = {
  flag: { flag: 'yes', environment: 'yes', context: 'own', env_file: 'yes' },
  environment: { flag: 'yes', environment: 'yes', context: 'own', env_file: 'yes' },
  context: { flag: 'yes', environment: 'yes', context: 'yes', env_file: 'yes' },
  env_file: { flag: 'no', environment: 'no', context: 'no', env_file: 'yes' },
  default: { flag: 'yes', environment: 'yes', context: 'yes', env_file: 'yes' },
};

/** The refusal to send these credentials there, or nothing. */
export function refuseMixing(
  url: Source,
  used: Iterable<Candidate>,
  candidates: Candidates,
  context: NatsContext | undefined,
): HeddleError | undefined {
  const server = whoNamed(url, context);
  const foreign = [...used].filter(({ source }) => !maySend(server, source, candidates));
  if (foreign.length === 0) return undefined;
  const names = foreign.map(({ spec }) => spec.name).sort();
  const sources = [...new Set(foreign.map(({ source }) => sourceText(source)))].join(' and ');
  const chosen =
    url.kind === 'context' && server === 'env_file' && context !== undefined
      ? `, which ${sourceText(context.source)} chose`
      : '';
  const [why, hint] = server === 'env_file' ? FROM_ENV_FILE : elsewhere(foreign);
  return new HeddleError(
    'settings_mixed_auth',
    `the server address comes from ${sourceText(url)}${chosen}, but ${names.join(' and ')} from ${sources}: ${why}, so nothing was sent`,
    { hint },
  );
}

const FROM_ENV_FILE = [
  "a .env file may be anybody's, and must not say where they go",
  'Name the server with --nats-url or NATS_URL, trust the file with --env-file .env, leave it out with --no-env-file, or confirm with --allow-mixed-auth.',
] as const;

function elsewhere(foreign: readonly Candidate[]): readonly [why: string, hint: string] {
  const drop = foreign.some(({ source }) => source.kind === 'context')
    ? ', leave the context out with --no-nats-context'
    : '';
  return ['they may belong to another bus', `Give both in the same place${drop}, or confirm with --allow-mixed-auth.`];
}

function maySend(server: Who, credentials: Source, candidates: Candidates): boolean {
  const from = whoseIs(credentials);
  if (from === 'default') return true;
  // The context brought its own address, though a .env file chose which context.
  if (server === 'env_file' && from === 'context') return candidates.winner('url')?.source.kind === 'context';
  const rule = MAY[server][from];
  return rule === 'yes' || (rule === 'own' && isContextsOwn(candidates));
}

/** Is the address that counts the one that the context names, too? */
function isContextsOwn(candidates: Candidates): boolean {
  const [winner, own] = [
    candidates.winner('url'),
    candidates.all('url').find(({ source }) => source.kind === 'context'),
  ].map((candidate) => candidate && serversIn(candidate.text));
  return winner !== undefined && winner !== '' && winner === own;
}

function serversIn(text: string): string {
  const reading = readServers(text);
  if (!('servers' in reading)) return '';
  return reading.servers
    .map(({ host, port }) => `${host.toLowerCase()}:${port}`)
    .sort()
    .join(',');
}

/** A context that a .env file chose is the .env file's choice of a server. */
function whoNamed(url: Source, context: NatsContext | undefined): Who {
  return url.kind === 'context' && context !== undefined && whoseIs(context.source) === 'env_file'
    ? 'env_file'
    : whoseIs(url);
}

function whoseIs(source: Source): Who {
  switch (source.kind) {
    case 'env_file':
      return source.named ? 'environment' : 'env_file';
    case 'selection':
      return 'context';
    default:
      return source.kind;
  }
}
