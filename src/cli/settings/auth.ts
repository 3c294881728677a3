import type { Candidate, Candidates } from './candidates.ts';
import type { SettingName } from './catalog.ts';
import { type Source, sourceText, specificity } from './source.ts';

/** How the connection says who it is. `url`: with the credentials inside the server's address. */
export type AuthMethod = 'none' | 'url' | 'user' | 'creds' | 'nkey' | 'jwt_and_seed' | 'jwt';

export interface Notice {
  readonly id: string;
  readonly message: string;
  readonly hint?: string | undefined;
}

export interface AuthChoice {
  readonly method: AuthMethod;
  /** The credentials that will be used. */
  readonly used: ReadonlyMap<SettingName, Candidate>;
  /** Set, but left out, and why. */
  readonly unused: ReadonlyMap<SettingName, { readonly candidate: Candidate; readonly reason: string }>;
  readonly warnings: readonly Notice[];
}

const CREDENTIALS: readonly SettingName[] = ['user', 'password', 'token', 'creds', 'nkey', 'jwt', 'seed'];
const METHODS: readonly SettingName[] = ['user', 'creds', 'nkey', 'jwt'];

/**
 * The most specific source that says who we are decides; when it says so in several ways: the address itself, user,
 * creds, nkey, jwt. A token goes along with any of them except credentials in the address.
 */
export function chooseAuth(candidates: Candidates, urlCredentials: Source | undefined): AuthChoice {
  const warnings: Notice[] = [];
  const used = new Map<SettingName, Candidate>();
  const winners = (names: readonly SettingName[]): Candidate[] =>
    names.flatMap((name) => candidates.winner(name) ?? []);
  const primary = mostSpecific(winners(METHODS));
  const rival = mostSpecific(winners([...METHODS, 'token']));
  const inUrl = urlCredentials !== undefined && specificity(urlCredentials) >= rankOf(rival);
  const take = (name: SettingName, candidate: Candidate | undefined): boolean => {
    if (candidate !== undefined) used.set(name, candidate);
    return candidate !== undefined;
  };

  let method: AuthMethod = 'none';
  if (inUrl) method = 'url';
  else if (primary !== undefined) {
    take(primary.spec.name, primary);
    if (primary.spec.name === 'user') {
      method = 'user';
      if (!take('password', companion(candidates, 'password', primary))) warnings.push(lonelyUser(primary));
    } else if (primary.spec.name === 'jwt') {
      method = take('seed', companion(candidates, 'seed', primary)) ? 'jwt_and_seed' : 'jwt';
    } else method = primary.spec.name === 'creds' ? 'creds' : 'nkey';
  }
  if (!inUrl) take('token', candidates.winner('token'));

  const unused = new Map<SettingName, { candidate: Candidate; reason: string }>();
  for (const name of CREDENTIALS) {
    const candidate = candidates.winner(name);
    if (candidate === undefined || used.has(name)) continue;
    const reason = whyUnused(name, method, primary, urlCredentials);
    unused.set(name, { candidate, reason });
    // Something less specific giving way is what precedence means; anything else the user may not expect.
    const chosen = inUrl ? urlCredentials : primary?.source;
    if (chosen === undefined || specificity(candidate.source) >= specificity(chosen)) {
      warnings.push({
        id: `unused_${name}`,
        message: `the ${name} from ${sourceText(candidate.source)} is not used: ${reason}`,
      });
    }
  }
  if (urlCredentials !== undefined && !inUrl && rival !== undefined) {
    warnings.push({
      id: 'unused_url_credentials',
      message: `the credentials in the server address (${sourceText(urlCredentials)}) are not used: ${rival.spec.name} comes from ${sourceText(rival.source)}`,
    });
  }
  return { method, used, unused, warnings };
}

/** Of the same specificity the first stays: the list is in the order of authentication. */
function mostSpecific(candidates: readonly Candidate[]): Candidate | undefined {
  let best: Candidate | undefined;
  for (const candidate of candidates) if (best === undefined || rankOf(candidate) > rankOf(best)) best = candidate;
  return best;
}

function rankOf(candidate: Candidate | undefined): number {
  return candidate === undefined ? -1 : specificity(candidate.source);
}

/**
 * A password belongs to the user that stands beside it: one whose place names another user is passed over, so that
 * `--user bob` is never tried with the password of the context's alice. The same goes for seed and jwt, key and certificate.
 */
export function companion(candidates: Candidates, name: SettingName, owner: Candidate): Candidate | undefined {
  const winner = candidates.winner(name);
  const reachable =
    winner === undefined
      ? []
      : candidates.all(name).filter(({ source }) => specificity(source) <= specificity(winner.source));
  return reachable.find(({ source }) => {
    const beside = candidates.all(owner.spec.name).find((other) => other.source.kind === source.kind);
    return beside === undefined || beside.text === owner.text;
  });
}

function whyUnused(
  name: SettingName,
  method: AuthMethod,
  primary: Candidate | undefined,
  url: Source | undefined,
): string {
  if (method === 'url') return `the server address carries credentials (${sourceText(url!)})`;
  if (primary === undefined)
    return name === 'seed' ? 'a seed needs a jwt (an nkey alone goes into NATS_NKEY)' : 'there is no user';
  const owner = primary.spec.name;
  if ((name === 'password' && owner === 'user') || (name === 'seed' && owner === 'jwt'))
    return `it belongs to another ${owner}`;
  return `${owner} comes from ${sourceText(primary.source)}`;
}

function lonelyUser(user: Candidate): Notice {
  return {
    id: 'user_without_password',
    message: `there is a user (${sourceText(user.source)}) but no password for it`,
    hint: 'Set NATS_PASSWORD or give --password-file; if it is a token, set NATS_TOKEN instead.',
  };
}
