import { problem } from '../../http/problem.ts';

/** Whatever shows somebody's session. */
const SECRET = new Set(['session_token', 'ticket']);

/**
 * What is asked of the target, below its own path. Segments go on as they were sent; one that a server might read as a way up, or
 * as several, is refused.
 */
export function pathAt(base: string, rest: string, queryText: string): string {
  if (/[\u0000-\u0020\u007f-\uffff\\#]/.test(rest + queryText)) throw refused();
  for (const segment of rest.split('/')) {
    const plain = decoded(decoded(segment));
    // Some servers leave out what stands behind a semicolon before they look for a way up.
    const [name] = plain.split(';');
    if (name === '.' || name === '..' || /[/\\\u0000-\u001f]/.test(plain)) throw refused();
  }
  const query = queryText
    .split('&')
    .filter((pair) => pair !== '' && !SECRET.has(decoded(pair.split('=')[0] ?? '')))
    .join('&');
  return `${base}/${rest}${query === '' ? '' : `?${query}`}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw refused();
  }
}

function refused() {
  return problem('invalid_path', { detail: 'this path is not handed on: it could be read in more than one way' });
}
