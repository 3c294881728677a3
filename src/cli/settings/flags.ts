import { refusable, text, texts, toggle } from '../flags/flag.ts';
import { flagGroup, type ValuesOf } from '../flags/group.ts';

/**
 * The flags of every command that talks to the bus, as they were written; what they mean is decided in resolve.ts.
 * Environment names stand in the help because people look for them there.
 */
export const CONNECTION = flagGroup({
  heading: 'Connection:',
  flags: {
    /** Each occurrence; each may hold a comma-separated list. */
    natsUrl: texts('--nats-url <url>', 'server, or several: repeat it or use commas (NATS_URL)'),
    natsContext: refusable(
      '--nats-context <name>',
      'context of the nats CLI, or the path of a context file (NATS_CONTEXT)',
      '--no-nats-context',
      'ignore the selected context',
    ),
    user: text('--user <name>', 'user name (NATS_USER); the password: NATS_PASSWORD or --password-file'),
    passwordFile: text('--password-file <path>', 'file that holds the password'),
    tokenFile: text('--token-file <path>', 'file that holds the token (NATS_TOKEN holds the token itself)'),
    creds: text('--creds <path>', 'credentials file (NATS_CREDS)'),
    nkey: text('--nkey <path>', 'file with an nkey seed (NATS_NKEY)'),
    tlsCert: text('--tls-cert <path>', 'client certificate, PEM (NATS_CERT)'),
    tlsKey: text('--tls-key <path>', 'its private key, PEM (NATS_KEY)'),
    tlsCa: text('--tls-ca <path>', 'authorities to trust, PEM (NATS_CA)'),
    tlsFirst: toggle('--tls-first', 'TLS handshake before the server speaks'),
    inboxPrefix: text('--inbox-prefix <subject>', 'where answers arrive, instead of _INBOX'),
    timeout: text('--timeout <duration>', 'deadline of the connection: 500ms, 5s, 2m (NATS_TIMEOUT; default 5s)'),
    envFile: refusable('--env-file <path>', 'read this file instead of ./.env', '--no-env-file', 'read no .env file'),
    allowMixedAuth: toggle('--allow-mixed-auth', 'use credentials with a server address from a more specific source'),
  },
});

type Given = ValuesOf<readonly [typeof CONNECTION]>;
/** What was not written may be left out. */
export type ConnectionFlags = { readonly [K in keyof Given]?: Given[K] | undefined };
