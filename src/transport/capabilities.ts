/**
 * What can be asked of a server. False is certain; true means that it is worth asking, because the rest depends on the
 * user's rights and on servers behind this one.
 */
export interface Capabilities {
  /** Keeping messages: streams and buckets, here or behind this server. `ServerInfo.jetstream` says whether here. */
  readonly jetstream: boolean;
  /** What our own user may do. */
  readonly whoAmI: boolean;
  /** Who is connected, and listens to what. */
  readonly connz: boolean;
}

/** The first versions of nats-server, as major and minor, that tell their clients. */
export const TELLS_SINCE = { whoAmI: [2, 10], connz: [2, 9] } as const;

/** Of a NATS server only its version tells. Ours answer both questions at any version, and keep nothing. */
export function capabilitiesOf(version: string, ours: boolean): Capabilities {
  return {
    jetstream: !ours,
    whoAmI: ours || isSince(version, TELLS_SINCE.whoAmI),
    connz: ours || isSince(version, TELLS_SINCE.connz),
  };
}

/** Our servers carry it in their version, where people see it. For words only: what a server can do is in `can`. */
export function isForDevelopment({ version }: { readonly version: string }): boolean {
  return version.includes('-heddle-ts-');
}

function isSince(version: string, [major, minor]: readonly [number, number]): boolean {
  const [ofMajor = 0, ofMinor = 0] = version.split('.').map(Number);
  return ofMajor > major || (ofMajor === major && ofMinor >= minor);
}
