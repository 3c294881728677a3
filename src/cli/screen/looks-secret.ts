import { quoted } from './disarm.ts';

/** What stands in every output where a secret would stand. */
export const HIDDEN = 'xxxxx';

/** How the tokens of known services, JWTs, nkey seeds and PEM text begin. */
const KNOWN =
  /^(?:gh[pousr]_|github_pat_|glpat-|xox[abeprs]-|sk[-_]|rk_|pk_live_|AKIA|ASIA|AIza|npm_|hf_|eyJ[\w-]{8,}|S[UAONCX][A-Z2-7]{20,}$|-----BEGIN )/;
const HEX = /^[0-9a-f]{32,}$/i;
const LONG = /^[\w+/=~-]{24,}$/;
/** Base64 has slashes, too: what begins as a path is judged by its parts, or a long path with digits in it would be a secret. */
const PATH = /^(?:~|\.{1,2})?\//;

/** Would somebody be sorry to see this in a log? Names, uuids, numbers and paths are nothing of the kind. */
export function looksSecret(text: string): boolean {
  const word = text.trim();
  if (PATH.test(word)) return word.split('/').some(looksSecret);
  if (KNOWN.test(word) || HEX.test(word)) return true;
  return LONG.test(word) && /[a-z]/.test(word) && /[A-Z]/.test(word) && /\d/.test(word);
}

/** Known by its beginning, and long and mixed as what is made at random: nothing else is ever written so. */
export function isSecret(word: string): boolean {
  return KNOWN.test(word) && word.length >= 20 && /[A-Z]/.test(word) && /\d/.test(word);
}

/** The words of a command line that look like secrets, whole or as parts of a path, a list or an address. */
export function secretsAmong(words: readonly string[]): readonly string[] {
  return words.flatMap(partsOf).filter(looksSecret);
}

/** The text without these, wherever in it they stand. */
export function hiding(secrets: readonly string[], text: string): string {
  return secrets.reduce((shown, each) => shown.replaceAll(each, HIDDEN), text);
}

/** What is no value of its kind, for a message: a secret that was put in the wrong place is not shown. */
export function quotedValue(text: string): string {
  return isOrHoldsSecret(text) ? HIDDEN : quoted(text);
}

export function isOrHoldsSecret(text: string): boolean {
  return partsOf(text).some(looksSecret);
}

function partsOf(word: string): readonly string[] {
  return [word, ...word.split(/[/:@,?=&]+/)];
}
