import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';

// Certificates made on the spot: just enough DER to write an X.509 v3 certificate, so that tests need no openssl.

export interface Certificate {
  /** PEM. */
  readonly cert: string;
  /** PEM, PKCS 8. */
  readonly key: string;
}

/** Something that signs certificates, its own included. */
export interface Authority extends Certificate {
  issue(subject: CertificateOptions): Certificate;
}

export interface CertificateOptions {
  readonly name: string;
  /** DNS names and IP addresses. */
  readonly hosts?: readonly string[];
  /** Days from now; default from yesterday to tomorrow. */
  readonly fromDay?: number;
  readonly toDay?: number;
}

export function newAuthority(name: string): Authority {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const made = certificate({ name }, keys.privateKey, { name, key: keys.privateKey }, true);
  return {
    ...made,
    issue(options) {
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      return certificate(options, privateKey, { name, key: keys.privateKey }, false);
    },
  };
}

const DAY_MS = 86_400_000;
const ECDSA_WITH_SHA256 = sequence(oid('2a8648ce3d040302'));

function certificate(
  options: CertificateOptions,
  key: KeyObject,
  issuer: { name: string; key: KeyObject },
  isAuthority: boolean,
): Certificate {
  const { name, hosts = [], fromDay = -1, toDay = 1 } = options;
  const extensions = [
    // basicConstraints, critical
    sequence(oid('551d13'), der(0x01, [0xff]), octets(sequence(...(isAuthority ? [der(0x01, [0xff])] : [])))),
  ];
  if (hosts.length > 0) extensions.push(sequence(oid('551d11'), octets(sequence(...hosts.map(hostName)))));
  const body = sequence(
    der(0xa0, der(0x02, [2])),
    der(0x02, [1, ...randomBytes(8)]),
    ECDSA_WITH_SHA256,
    nameOf(issuer.name),
    sequence(time(fromDay), time(toDay)),
    nameOf(name),
    createPublicKey(key).export({ format: 'der', type: 'spki' }),
    der(0xa3, sequence(...extensions)),
  );
  const signature = sign('sha256', body, issuer.key);
  const whole = sequence(body, ECDSA_WITH_SHA256, der(0x03, Buffer.concat([Buffer.of(0), signature])));
  return { cert: pem('CERTIFICATE', whole), key: String(key.export({ format: 'pem', type: 'pkcs8' })) };
}

function nameOf(text: string): Buffer {
  return sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from(text)))));
}

function hostName(host: string): Buffer {
  if (isIP(host) === 4) return der(0x87, host.split('.').map(Number));
  if (host === '::1') return der(0x87, [...new Array<number>(15).fill(0), 1]);
  return der(0x82, Buffer.from(host));
}

/** UTCTime: good until 2049. */
function time(day: number): Buffer {
  const text = new Date(Date.now() + day * DAY_MS).toISOString();
  return der(0x17, Buffer.from(`${text.slice(2, 19).replace(/[-T:]/g, '')}Z`));
}

function sequence(...parts: readonly Uint8Array[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

function octets(content: Uint8Array): Buffer {
  return der(0x04, content);
}

function oid(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'));
}

function der(tag: number, content: Iterable<number>): Buffer {
  const bytes = Buffer.from([...content]);
  const length =
    bytes.length < 0x80
      ? [bytes.length]
      : bytes.length < 0x100
        ? [0x81, bytes.length]
        : [0x82, bytes.length >> 8, bytes.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), bytes]);
}

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
