import type { LoginConfig } from '../../config/views/gateway-config/login.ts';
import { CounterBy } from '../../http/prometheus.ts';
import type { KeySet } from '../key-set.ts';
import { LOGIN_REFUSALS, type LoginRefusal } from './id-token.ts';
import type { Sessions } from './sessions.ts';

/** What the routes ask, once the part is open. */
export interface Opened {
  /** undefined: a reload took it away. Nobody logs in any more, and no session is good. */
  readonly login: { readonly config: LoginConfig; readonly keys: KeySet } | undefined;
  readonly sessions: Sessions;
  /** Cookies go over TLS alone. */
  readonly secure: boolean;
}

export type LoginNumbers = CounterBy<'begun' | LoginRefusal>;

export function loginNumbers(): LoginNumbers {
  return new CounterBy('outcome', ['begun', ...LOGIN_REFUSALS]);
}
