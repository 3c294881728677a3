/** What every request is asked first, from one look at its header fields as they came. */
export interface Head {
  readonly fields: number;
  readonly hosts: number;
  /** undefined when there is none, or more than one. */
  readonly requestId: string | undefined;
  /** The length of the body; undefined when it comes in pieces of no announced length. */
  readonly bodyLength: number | undefined;
}

/** `raw`: names and values in turn. Node's own table of headers is only made where a route looks into it. */
export function readHead(raw: readonly string[]): Head {
  let hosts = 0;
  let requestId: string | undefined;
  let ids = 0;
  let bodyLength: number | undefined = 0;
  for (let at = 0; at < raw.length; at += 2) {
    const name = raw[at] as string;
    // Comparing lengths first spares most names the rest.
    if (name.length === 4) {
      if (is(name, 'host')) hosts += 1;
    } else if (name.length === 14) {
      if (is(name, 'content-length') && bodyLength !== undefined) bodyLength = Number(raw[at + 1]);
    } else if (name.length === 17) {
      if (is(name, 'transfer-encoding')) bodyLength = undefined;
      else if (is(name, 'heddle-request-id')) {
        ids += 1;
        requestId = raw[at + 1];
      }
    }
  }
  return { fields: raw.length / 2, hosts, requestId: ids === 1 ? requestId : undefined, bodyLength };
}

function is(name: string, wanted: string): boolean {
  return name === wanted || name.toLowerCase() === wanted;
}
