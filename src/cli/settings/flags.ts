import type { Command } from 'commander';

/** The connection flags as they were written; what they mean is decided in resolve.ts. */
export interface ConnectionFlags {
  /** Each occurrence of `--nats-url`; each may hold a comma-separated list. */
  readonly natsUrl?: readonly string[] | undefined;
  readonly user?: string | undefined;
  readonly passwordFile?: string | undefined;
  readonly tokenFile?: string | undefined;
  readonly creds?: string | undefined;
  readonly nkey?: string | undefined;
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
  readonly tlsCa?: string | undefined;
  readonly tlsFirst?: boolean | undefined;
  readonly inboxPrefix?: string | undefined;
  /** False is `--no-nats-context`. */
  readonly natsContext?: string | false | undefined;
  readonly timeout?: string | undefined;
  /** False is `--no-env-file`. */
  readonly envFile?: string | false | undefined;
  readonly allowMixedAuth?: boolean | undefined;
}

interface FlagHelp {
  readonly flags: string;
  readonly about: string;
  readonly repeatable?: true;
}

/** Environment names stand in the help because people look for them there. */
const FLAGS: readonly FlagHelp[] = [
  { flags: '--nats-url <url>', about: 'server, or several: repeat it or use commas (NATS_URL)', repeatable: true },
  { flags: '--nats-context <name>', about: 'context of the nats CLI, or the path of a context file (NATS_CONTEXT)' },
  { flags: '--no-nats-context', about: 'ignore the selected context' },
  { flags: '--user <name>', about: 'user name (NATS_USER); the password: NATS_PASSWORD or --password-file' },
  { flags: '--password-file <path>', about: 'file that holds the password' },
  { flags: '--token-file <path>', about: 'file that holds the token (NATS_TOKEN holds the token itself)' },
  { flags: '--creds <path>', about: 'credentials file (NATS_CREDS)' },
  { flags: '--nkey <path>', about: 'file with an nkey seed (NATS_NKEY)' },
  { flags: '--tls-cert <path>', about: 'client certificate, PEM (NATS_CERT)' },
  { flags: '--tls-key <path>', about: 'its private key, PEM (NATS_KEY)' },
  { flags: '--tls-ca <path>', about: 'authorities to trust, PEM (NATS_CA)' },
  { flags: '--tls-first', about: 'TLS handshake before the server speaks' },
  { flags: '--inbox-prefix <subject>', about: 'where answers arrive, instead of _INBOX' },
  { flags: '--timeout <duration>', about: 'deadline of the connection: 500ms, 5s, 2m (NATS_TIMEOUT; default 5s)' },
  { flags: '--env-file <path>', about: 'read this file instead of ./.env' },
  { flags: '--no-env-file', about: 'read no .env file' },
  { flags: '--allow-mixed-auth', about: 'use credentials with a server address from a more specific source' },
];

export const CONNECTION_HEADING = 'Connection:';

export interface ConnectionOptionsChoice {
  /** Long flags that the command has a meaning of its own for, such as `--timeout`. */
  readonly omit?: readonly string[] | undefined;
}

/** Adds the flags of every command that talks to the bus, under a heading of their own. */
export function declareConnectionOptions(command: Command, { omit = [] }: ConnectionOptionsChoice = {}): Command {
  for (const { flags, about, repeatable } of FLAGS) {
    if (omit.includes(flags.split(' ')[0]!)) continue;
    const option = command.createOption(flags, about).helpGroup(CONNECTION_HEADING);
    if (repeatable)
      option.argParser((value: string, before: readonly string[] | undefined) => [...(before ?? []), value]);
    command.addOption(option);
  }
  return command;
}

/** What commander parsed, as connection flags; everything else in `options` is left alone. */
export function readConnectionFlags(options: Readonly<Record<string, unknown>>): ConnectionFlags {
  const text = (name: string): string | undefined => {
    const value = options[name];
    return typeof value === 'string' ? value : undefined;
  };
  const refusable = (name: string): string | false | undefined => (options[name] === false ? false : text(name));
  const urls = options.natsUrl;
  return {
    natsUrl: Array.isArray(urls) ? urls.filter((url) => typeof url === 'string') : undefined,
    user: text('user'),
    passwordFile: text('passwordFile'),
    tokenFile: text('tokenFile'),
    creds: text('creds'),
    nkey: text('nkey'),
    tlsCert: text('tlsCert'),
    tlsKey: text('tlsKey'),
    tlsCa: text('tlsCa'),
    tlsFirst: options.tlsFirst === true ? true : undefined,
    inboxPrefix: text('inboxPrefix'),
    natsContext: refusable('natsContext'),
    timeout: text('timeout'),
    envFile: refusable('envFile'),
    allowMixedAuth: options.allowMixedAuth === true ? true : undefined,
  };
}
