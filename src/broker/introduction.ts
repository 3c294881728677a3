import { fromWire } from './text.ts';

/** What a client says of itself in CONNECT. */
export interface Introduction {
  readonly verbose: boolean;
  readonly pedantic: boolean;
  readonly echo: boolean;
  readonly headers: boolean;
  readonly noResponders: boolean;
  readonly name: string;
  readonly lang: string;
  readonly version: string;
  /** All of it, for whoever checks who it is. */
  readonly said: Readonly<Record<string, unknown>>;
}

/** The protocol's defaults, for who says nothing. */
export const UNINTRODUCED: Introduction = {
  verbose: true,
  pedantic: true,
  echo: true,
  headers: false,
  noResponders: false,
  name: '',
  lang: '',
  version: '',
  said: {},
};

/** Undefined when it is no JSON object. What is left out stays as it was `before`. */
export function readIntroduction(text: string, before: Introduction): Introduction | undefined {
  const said = parseObject(fromWire(text));
  if (said === undefined) return undefined;
  const flag = (key: string, otherwise: boolean) => (typeof said[key] === 'boolean' ? said[key] : otherwise);
  const words = (key: string, otherwise: string) => (typeof said[key] === 'string' ? said[key] : otherwise);
  return {
    verbose: flag('verbose', before.verbose),
    pedantic: flag('pedantic', before.pedantic),
    echo: flag('echo', before.echo),
    headers: flag('headers', before.headers),
    noResponders: flag('no_responders', before.noResponders),
    name: words('name', before.name),
    lang: words('lang', before.lang),
    version: words('version', before.version),
    said,
  };
}

/** What cannot be agreed to, in the words for the client. */
export function objection(to: Introduction): string | undefined {
  const protocol = to.said.protocol ?? 0;
  if (protocol !== 0 && protocol !== 1) return 'invalid client protocol';
  return to.noResponders && !to.headers ? 'no responders requires headers support' : undefined;
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
