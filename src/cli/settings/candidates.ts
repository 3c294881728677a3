import { SETTINGS, type SettingName, type SettingSpec } from './catalog.ts';
import type { NatsContext } from './context.ts';
import type { Environment } from './environment.ts';
import type { ConnectionFlags } from './flags.ts';
import type { Source } from './source.ts';

/** One place's text for one setting. */
export interface Candidate {
  readonly spec: SettingSpec;
  readonly text: string;
  readonly source: Source;
}

/** Every place's text for every setting, most specific first, and the one that counts. */
export interface Candidates {
  winner(name: SettingName): Candidate | undefined;
  all(name: SettingName): readonly Candidate[];
}

export function gather(flags: ConnectionFlags, environment: Environment, context: NatsContext | undefined): Candidates {
  const found = new Map<SettingName, { all: Candidate[]; winner: Candidate | undefined }>();
  for (const spec of SETTINGS) {
    const flag = fromFlag(flags, spec);
    const variables = spec.variable === undefined ? [] : environment.all(spec.variable);
    const visible = spec.variable === undefined ? undefined : environment.get(spec.variable);
    const field = fromContext(context, spec);
    const all = [
      ...(flag ? [flag] : []),
      ...variables.map(({ value, source }) => ({ spec, text: value, source })),
      ...(field ? [field] : []),
    ];
    const winner = flag ?? (visible && { spec, text: visible.value, source: visible.source }) ?? field;
    found.set(spec.name, { all, winner });
  }
  return { winner: (name) => found.get(name)?.winner, all: (name) => found.get(name)?.all ?? [] };
}

function fromFlag(flags: ConnectionFlags, spec: SettingSpec): Candidate | undefined {
  if (spec.flag === undefined) return undefined;
  const text = flagText(flags, spec.name);
  return text === undefined ? undefined : { spec, text, source: { kind: 'flag', flag: spec.flag } };
}

function flagText(flags: ConnectionFlags, name: SettingName): string | undefined {
  switch (name) {
    case 'url':
      return flags.natsUrl?.length ? flags.natsUrl.join(',') : undefined;
    case 'context':
      return flags.natsContext === false ? undefined : flags.natsContext;
    case 'user':
      return flags.user;
    case 'password':
      return flags.passwordFile;
    case 'token':
      return flags.tokenFile;
    case 'creds':
      return flags.creds;
    case 'nkey':
      return flags.nkey;
    case 'tls_cert':
      return flags.tlsCert;
    case 'tls_key':
      return flags.tlsKey;
    case 'tls_ca':
      return flags.tlsCa;
    case 'tls_first':
      return flags.tlsFirst ? 'yes' : undefined;
    case 'inbox_prefix':
      return flags.inboxPrefix;
    case 'timeout':
      return flags.timeout;
    case 'jwt':
    case 'seed':
      return undefined; // no flag takes a secret's text, and no file holds just one of them
  }
}

function fromContext(context: NatsContext | undefined, spec: SettingSpec): Candidate | undefined {
  if (context === undefined || spec.field === undefined) return undefined;
  const text = spec.kind === 'switch' ? (context.tlsFirst ? 'yes' : undefined) : context.fields.get(spec.field);
  if (text === undefined) return undefined;
  return {
    spec,
    text,
    source: { kind: 'context', context: context.name, path: context.path, field: spec.field, local: context.local },
  };
}
