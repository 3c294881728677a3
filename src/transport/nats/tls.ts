import { isIP, type Socket } from 'node:net';
import type { SecureContext, TLSSocket } from 'node:tls';
import { HeddleError } from '../../errors.ts';
import type { SomeAdvice } from '../../remedy.ts';
import type { TlsOptions } from '../options.ts';
import { DialProblem, settle } from './dial.ts';

export interface Trust {
  readonly context: SecureContext;
  /** When our own certificate ends, in ms since 1970. */
  readonly certExpiresAt: number | undefined;
}

const PEM = 'It must be PEM text: -----BEGIN CERTIFICATE-----.';

/** Reads the PEM texts once for all connects. Throws `settings_invalid` naming the one that cannot be used. */
export async function trustOf(options: TlsOptions): Promise<Trust> {
  const [{ createSecureContext }, { X509Certificate }] = await Promise.all([import('node:tls'), import('node:crypto')]);
  const wrong = (what: string, advice: SomeAdvice): HeddleError =>
    new HeddleError('settings_invalid', `${what} cannot be used`, advice);
  const see = (setting: 'ca' | 'cert' | 'key', hint: string): SomeAdvice => ({
    hint,
    remedy: { do: 'check-tls-setting', setting },
  });
  const usable = (parts: Parameters<typeof createSecureContext>[0]): SecureContext | undefined => {
    try {
      return createSecureContext(parts);
    } catch {
      // The reason is OpenSSL's and names no file; a key must not come near a message.
      return undefined;
    }
  };
  const { ca, cert, key } = options;
  if (ca !== undefined && (!ca.includes('-----BEGIN') || usable({ ca }) === undefined)) {
    throw wrong('the CA certificate', see('ca', PEM));
  }
  if ((cert === undefined) !== (key === undefined)) {
    throw wrong(`the client ${cert === undefined ? 'key without its certificate' : 'certificate without its key'}`, {
      remedy: { do: 'complete-client-certificate' },
    });
  }
  if (cert !== undefined && usable({ cert }) === undefined) {
    throw wrong('the client certificate', see('cert', PEM));
  }
  if (key !== undefined && usable({ key }) === undefined) {
    throw wrong('the client key', see('key', 'It must be an unencrypted PEM private key.'));
  }
  const context = usable({
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  });
  if (context === undefined) {
    throw wrong('the client certificate', { remedy: { do: 'match-client-certificate' } });
  }
  return {
    context,
    certExpiresAt: cert === undefined ? undefined : Date.parse(new X509Certificate(cert).validTo),
  };
}

/**
 * Wraps a socket. From then on the wrapper is the one to destroy, at any time, and not the socket below it: Node 20 may
 * crash when both are. `secured` tells when it is ready.
 */
export async function startTls(
  socket: Socket,
  name: string,
  context: SecureContext | undefined,
  verify = true,
): Promise<TLSSocket> {
  const { connect } = await import('node:tls');
  if (socket.destroyed) throw new DialProblem('closed');
  const secure = connect({
    socket,
    // Checked against the certificate; for an address there is no name to send, but it must still be the one checked.
    host: name,
    ...(isIP(name) === 0 ? { servername: name } : {}),
    ...(context === undefined ? {} : { secureContext: context }),
    rejectUnauthorized: verify,
  });
  secure.on('error', () => {});
  return secure;
}

export function secured(socket: TLSSocket): Promise<void> {
  return settle(socket, (done) => {
    socket.once('secureConnect', done);
    return () => socket.off('secureConnect', done);
  });
}
