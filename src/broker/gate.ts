import { createHash, timingSafeEqual } from 'node:crypto';
import { type Permissions, type Permit, permit, type SubjectRules } from '../transport/permissions.ts';
import type { BrokerSettings } from './options.ts';
import { toWire } from './text.ts';

/** Who somebody turned out to be. */
export interface Admission {
  readonly user: string | undefined;
  readonly permissions: Permissions | undefined;
  readonly permit: Permit | undefined;
}

export interface Gate {
  /** False when everybody may come in without a word. */
  readonly guarded: boolean;
  admit(said: Readonly<Record<string, unknown>>): Admission | undefined;
}

export const ANYBODY: Admission = { user: undefined, permissions: undefined, permit: undefined };

/** Decides who comes in, by what they say in CONNECT. */
export function gate(settings: Pick<BrokerSettings, 'users' | 'token'>): Gate {
  const { users, token } = settings;
  if (token !== undefined) {
    return {
      guarded: true,
      admit: (said) => (same(said.auth_token, token) ? ANYBODY : undefined),
    };
  }
  if (users === undefined) {
    return { guarded: false, admit: () => ANYBODY };
  }
  return {
    guarded: true,
    admit(said) {
      const known = users.find((user) => user.user === said.user);
      if (known === undefined || !same(said.pass, known.password)) return undefined;
      return { user: known.user, permissions: known.permissions, permit: permit(onTheWire(known.permissions)) };
    },
  };
}

function onTheWire(permissions: Permissions | undefined): Permissions | undefined {
  if (permissions === undefined) return undefined;
  const rules = (given: SubjectRules | undefined) =>
    given && { allow: given.allow?.map(toWire), deny: given.deny?.map(toWire) };
  return { publish: rules(permissions.publish), subscribe: rules(permissions.subscribe) };
}

/** Takes as long for a near miss as for a far one. */
function same(said: unknown, secret: string): boolean {
  return typeof said === 'string' && timingSafeEqual(digest(said), digest(secret));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
