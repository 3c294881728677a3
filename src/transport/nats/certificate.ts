import type { Attempt, Failure } from './attempt.ts';

/** The server's certificate is not signed by anybody we trust. */
const UNKNOWN_CA = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'CERT_UNTRUSTED',
  'CERT_SIGNATURE_FAILURE',
]);

/** A server that refuses our certificate says so in a TLS alert; which one depends on its TLS library. */
const CLIENT_CERT_ALERT = /ALERT_(BAD_CERTIFICATE|UNKNOWN_CA|CERTIFICATE_\w+|UNSUPPORTED_CERTIFICATE|ACCESS_DENIED)/;

export function isTlsError(error: unknown): boolean {
  const code = codeOf(error);
  return code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS') || code.startsWith('CERT_') || UNKNOWN_CA.has(code);
}

/** What is wrong with a certificate, ours or theirs; undefined when it is neither. */
export function certificateFailure(attempt: Attempt): Failure | undefined {
  const { address, error, tls, info } = attempt;
  const { label, host } = address;
  const code = codeOf(error);

  if (code === 'CERT_HAS_EXPIRED') {
    return {
      code: 'tls_expired',
      message: `the certificate of ${label} has expired`,
      remedy: { do: 'renew-server-certificate' },
    };
  }
  if (code === 'CERT_NOT_YET_VALID') {
    return {
      code: 'tls_certificate',
      message: `the certificate of ${label} is not valid yet`,
      hint: 'Compare the clock of this machine with the one that made the certificate.',
    };
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return {
      code: 'tls_certificate',
      message: `the certificate of ${label} is for other names than ${JSON.stringify(host)}${namesIn(error)}`,
      hint: 'Connect by a name that the certificate holds, or have the server certificate made for this one.',
    };
  }
  if (UNKNOWN_CA.has(code)) {
    // Without TLS settings of ours, what is missing is not a better CA but any: the server wants TLS.
    if (!tls.asked) {
      return {
        code: 'tls_required',
        message: `${label} requires TLS, and this machine does not trust the CA of its certificate`,
        remedy: { do: 'name-ca', asked: false },
      };
    }
    return {
      code: 'tls_certificate',
      message: `the certificate of ${label} is signed by a CA that ${tls.ca ? `is not the one in ${tls.called.ca}` : 'this machine does not trust'}`,
      remedy: { do: 'name-ca', asked: true },
    };
  }
  const alert = CLIENT_CERT_ALERT.exec(code)?.[1];
  if (alert !== undefined || info?.tls_verify === true) {
    const { certExpiresAt, now } = attempt;
    if (certExpiresAt !== undefined && certExpiresAt <= now) {
      return {
        code: 'tls_expired',
        message: `${label} refused our client certificate: it expired on ${new Date(certExpiresAt).toISOString()}`,
        remedy: { do: 'renew-client-certificate' },
      };
    }
    return {
      code: 'tls_certificate',
      message: tls.cert
        ? `${label} refused our client certificate${alert === undefined ? '' : ` (${alert.toLowerCase().replaceAll('_', ' ')})`}`
        : `${label} requires a client certificate, and we have none`,
      remedy: { do: tls.cert ? 'check-client-certificate' : 'name-client-certificate' },
    };
  }
  return undefined;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** The names that the certificate is for, as far as the error tells. */
function namesIn(error: unknown): string {
  const certificate = error instanceof Error && 'cert' in error ? error.cert : undefined;
  const names =
    typeof certificate === 'object' && certificate !== null && 'subjectaltname' in certificate
      ? certificate.subjectaltname
      : undefined;
  if (typeof names !== 'string') return '';
  return ` (${names.replace(/[^\x20-\x7e]/g, '?').slice(0, 200)})`;
}
