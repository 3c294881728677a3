import type { TLSSocket } from 'node:tls';

export interface ProbedTls {
  readonly required: boolean;
  readonly verifiesClients: boolean;
  /** Absent when there was no handshake: TLS is possible, and neither side requires it. */
  readonly handshake?: {
    readonly protocol: string | undefined;
    readonly trusted: boolean;
    /** Why not, as Node names it: `CERT_HAS_EXPIRED`, `ERR_TLS_CERT_ALTNAME_INVALID`, … */
    readonly distrust?: string | undefined;
    readonly certificate: ProbedCertificate;
  };
}

export interface ProbedCertificate {
  readonly subject: string;
  readonly issuer: string;
  readonly names: readonly string[];
  /** ISO 8601. */
  readonly validTo: string;
}

/** What a handshake that trusts everybody shows, and whether a connection would trust it. */
export function lookAt(socket: TLSSocket): NonNullable<ProbedTls['handshake']> {
  const { subject, issuer, subjectaltname, valid_to } = socket.getPeerCertificate();
  const names = (subjectaltname ?? '').split(', ').map((name) => name.replace(/^(DNS|IP Address):/, ''));
  const { authorized, authorizationError } = socket;
  return {
    protocol: socket.getProtocol() ?? undefined,
    trusted: authorized,
    distrust: authorized ? undefined : String(authorizationError),
    certificate: {
      subject: commonName(subject),
      issuer: commonName(issuer),
      names: names.filter((name) => name !== ''),
      validTo: iso(valid_to),
    },
  };
}

/** Node types it as one text; a certificate may hold several or none. */
function commonName(name: { CN?: unknown } | undefined): string {
  return [name?.CN ?? ''].flat().join(', ');
}

function iso(date: string | undefined): string {
  const time = Date.parse(date ?? '');
  return Number.isNaN(time) ? '' : new Date(time).toISOString();
}

/** As the error that a verifying handshake would have ended with. */
export function distrust(code: string, certificate: ProbedCertificate): Error {
  const subjectaltname = certificate.names.join(', ');
  return Object.assign(new Error(code), { code, cert: { subjectaltname } });
}
