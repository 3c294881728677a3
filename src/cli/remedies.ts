import type { Advice, Remedies, Remedy, SomeAdvice } from '../remedy.ts';

/** What to do next, in words: of an error, a finding, or whatever else carries advice. The hint first, then the remedy. */
export function adviceText(advice: SomeAdvice): string;
export function adviceText(advice: Advice): string | undefined;
export function adviceText({ hint, remedy }: Advice): string | undefined {
  if (remedy === undefined) return hint;
  const words = wordsFor(remedy);
  return hint === undefined ? words : `${hint} ${words}`;
}

/** A message and what to do about it, on one line. */
export function withAdvice(said: Advice & { readonly message: string }): string {
  const advice = adviceText(said);
  return advice === undefined ? said.message : `${said.message} (${advice})`;
}

function wordsFor<D extends keyof Remedies>(remedy: Remedy<D>): string {
  return WORDS[remedy.do](remedy);
}

/** Each remedy of the rooms below, said with the flags, variables and commands of this program. */
const WORDS: { readonly [D in keyof Remedies]: (remedy: Remedy<D>) => string } = {
  'start-server': () =>
    'Start a server there (nats-server, or heddle-ts dev for local work), or name the right one with --nats-url or NATS_URL.',
  // In the words of Heddle's runbook.
  'look-for-server': () =>
    'Is NATS running? Start one: nats-server, or docker run -p 4222:4222 nats:latest, or heddle-ts dev for local work.',
  'name-server': () => 'Or name the right address with --nats-url or NATS_URL.',
  'check-host': ({ host }) =>
    `Check the spelling of ${JSON.stringify(host)} and this machine's name service (getent hosts ${host}), or name the server by its address with --nats-url.`,
  'check-server': () => 'Look whether the server runs: heddle-ts preflight.',
  'trace-connection': () =>
    'Look at the log of the server, and run heddle-ts preflight to see how far a connection comes.',
  'raise-timeout': ({ of }) => MORE_TIME[of],
  'wait-for-reconnect': () => "Check the server with 'heddle-ts preflight'; --reconnect-timeout waits longer.",
  'use-tls': () => 'Use tls:// in the server address, and --tls-ca when its certificate is signed by a CA of your own.',
  'connect-tls-first': () =>
    'Connect with --tls-first (and --tls-ca when its certificate is signed by a CA of your own).',
  'leave-tls-first-out': () =>
    'Leave --tls-first out: a server that offers TLS after its greeting is used with TLS all the same.',
  'name-ca': ({ asked }) =>
    asked
      ? 'Ask whoever runs the server for the certificate of its CA, and name it with --tls-ca (NATS_CA).'
      : 'Name the CA certificate with --tls-ca (NATS_CA), or a NATS context that has it.',
  'check-tls-setting': ({ setting }) => `See --tls-${setting}.`,
  'complete-client-certificate': () => 'Give both: --tls-cert and --tls-key.',
  'match-client-certificate': () => 'It does not belong to the client key: --tls-cert and --tls-key must match.',
  'name-client-certificate': () => 'Name one with --tls-cert and --tls-key (NATS_CERT, NATS_KEY).',
  'check-client-certificate': () =>
    'It must be signed by a CA that the server trusts: check --tls-cert and --tls-key (NATS_CERT, NATS_KEY).',
  'renew-client-certificate': () => 'Renew the certificate that --tls-cert (NATS_CERT) names.',
  'renew-server-certificate': () => 'Renew it on the server; heddle-ts preflight shows its dates.',
  'give-credentials': ({ kind }) =>
    kind === 'key'
      ? 'It takes nkeys or JWTs: name your file with --creds (NATS_CREDS) or --nkey (NATS_NKEY), or a NATS context with --nats-context.'
      : 'Give --user with --password-file (NATS_USER, NATS_PASSWORD), --token-file (NATS_TOKEN), or a NATS context with --nats-context.',
  'check-credentials': ({ kind }) => `${TO_CHECK[kind]} which are used with heddle-ts preflight -v.`,
  'renew-credentials': () => 'Ask for new credentials (nsc generate creds), and name them with --creds (NATS_CREDS).',
  'allow-subject': ({ operation }) =>
    `Ask whoever runs the server to allow ${operation} on it for this user, or connect as another one (heddle-ts preflight -v shows which is used).`,
  'allow-role': ({ role }) =>
    `See what the server must allow: heddle-ts acl${role === undefined ? '' : ` --role ${role}`}.`,
  'check-inbox-prefix': () => 'This user may be forbidden to subscribe to its reply inbox (see --inbox-prefix).',
  'shorten-way': () => 'Run actors nearer to the server, or raise --rtt-warn when this is as it must be.',

  'start-responder': () => 'Start what should answer there, and see who is on the bus with heddle-ts status.',
  'start-router': ({ missed }) => `${ROUTER[missed]} ${IF_A_ROUTER_RAN}`,
  'share-router-group': () =>
    '\'heddle-ts router\' joins the queue group "router", so several of those share the tasks instead.',
  'start-worker': ({ workerType }) =>
    `Start one that serves "${workerType}": 'heddle-ts worker --config <worker.yaml>' (or Heddle's own: 'heddle worker', 'heddle processor'). If one runs, its connection is gone (NATS restarted, or cut it off as a slow consumer): restart it.`,
  'start-or-restart-worker': ({ kind, file = '<file>' }) => {
    const processor = `heddle-ts worker --config ${file}`;
    const llm = `heddle worker --config ${file}`;
    const both = `${processor} (a processor) or ${llm} (an LLM worker)`;
    const start = kind === undefined ? both : kind === 'processor' ? processor : llm;
    return `Start it: ${start}. If it runs, it lost its subscription: restart it.`;
  },
  'restart-worker-on-tier': ({ worker, tier, decidedBy }) =>
    `Restart ${worker === 'configured' ? 'the worker' : 'it'} with --tier ${tier}, or change ${DECIDES_TIER[decidedBy]}.`,
  'name-router-rules': () => 'Name the rules of the running router with --router-config.',
  'start-goal-taker': ({ missed }) => GOAL_TAKER[missed],
  'start-gateway': () =>
    "Start one: 'heddle-ts gateway --config <gateway.yaml>'. If it runs, GET /readyz tells whether it is connected to this bus.",
  'record-dead-letters': () =>
    "The router keeps no copy. Have the server keep them ('heddle-ts dead-letter enable'), or without JetStream a folder ('heddle-ts dead-letter watch --store dead-letters').",
  'keep-dead-letters': () =>
    "Have the server keep failed work: 'heddle-ts dead-letter enable'. Without JetStream: 'heddle-ts dead-letter watch --store <dir>', and name that folder with --store.",
  'look-at-dead-letters': () => "See what failed, and why: 'heddle-ts dead-letter groups'.",
  'mend-and-replay': ({ what }) =>
    what === 'payload'
      ? "Mend the payload and send it again: 'heddle-ts dead-letter replay <id> --set key=value', or --edit; --config <worker.yaml> checks it first. Unchanged it fails again."
      : "Mend the message and send it again: 'heddle-ts dead-letter replay <id> --edit'. Unchanged it is refused again.",
  'decide-uncertain': ({ id, operation }) =>
    id === undefined
      ? `Which they are: 'heddle-ts dead-letter replay show ${operation}'. Put away those whose work was done ('heddle-ts dead-letter archive <id>…'), then send the rest: 'heddle-ts dead-letter replay resume ${operation} --resend-uncertain'.`
      : `Look whether its work was done. If not: 'heddle-ts dead-letter replay ${id} --resend-uncertain'. If so: 'heddle-ts dead-letter archive ${id}'.`,
  'send-goal-again': () =>
    "Send the goal again from where it came: 'heddle-ts submit --goal <instruction>'. To have the next ones at hand, keep 'heddle-ts dead-letter watch --store <dir> --goals' running: what it keeps, 'heddle-ts dead-letter replay <id> --store <dir>' sends.",
  'send-task-again': () =>
    "Send it again from where it came: 'heddle-ts submit <type> --payload <json>'. To have the next ones at hand: 'heddle-ts dead-letter enable --tasks'.",
  'replay-to-tier': () => "Send it to a tier that there is: 'heddle-ts dead-letter replay <id> --to <worker>.<tier>'.",
  'replay-slowly': () => "Send them again below the limit: 'heddle-ts dead-letter replay --group <group> --rate 10/m'.",
  'send-to-tier': ({ tier, routedTier, overridden }) =>
    overridden
      ? `The router that took it sends it there whatever tier it asks for: start the worker with --tier ${routedTier}, or change tier_overrides in its rules.`
      : `Start the worker with --tier ${routedTier}, or send it with --tier ${tier}: in vain where tier_overrides of the router's rules has another.`,
  'start-pipeline-from-python': () =>
    'Start it with the defaults of its log: python -c "import structlog; from heddle.cli.main import cli; structlog.reset_defaults(); cli()" pipeline --config <file>',
  'trace-task': ({ workerType }) => `See where it stops: heddle-ts submit ${workerType} --trace`,
  'give-smoke-payload': () => 'Give a payload that this worker takes with --smoke-payload, or read its log.',
  'configure-tier': ({ variables }) =>
    `Export ${variables.join(' or ')} where the worker runs, run 'heddle setup', or serve another tier (--tier).`,
  'ask-monitoring-port': () => "With a monitoring port, ask there: 'heddle-ts status --monitor http://host:8222'.",
  'narrow-stream': ({ stream }) =>
    `Leave the subjects of tasks and goals out of it (nats stream edit ${stream} --subjects=…), or have senders ask who listens: heddle-ts submit --verify.`,
  'make-stream': ({ patterns }) =>
    `Have a stream made, for example with the nats CLI: nats stream add HEDDLE --subjects '${patterns.join(',')}' --defaults. For failed work 'heddle-ts dead-letter enable' makes them.`,

  'validate-config': (remedy) => {
    if (remedy.why === 'schema') return "See 'heddle-ts validate' for the place in the file.";
    return SEE_VALIDATE[remedy.why](`heddle-ts validate ${remedy.file || "''"}`);
  },
  'name-config-file': () => 'Name the file itself; for all files of a folder use --configs-dir.',
  'name-right-config': () => 'Name the file that was meant, or leave --as out.',
  'name-kind': ({ kinds }) =>
    kinds === undefined
      ? 'Add the key that the kind needs, or name the kind with --as.'
      : `pass --as with one of ${kinds.join(', ')}`,
  'correct-rule-name': () =>
    'Correct the name (heddle-ts validate --rules lists them), or remove the comment. Put -- before a reason.',
  'refill-as-documented': () =>
    "Set max_concurrent, or run our router, which reads it when told to: 'heddle-ts router --refill tokens_per_minute'.",
  'list-rules': () => "'heddle-ts validate --rules' lists them",
  'move-literal': ({ rule }) =>
    `put it into the context of the goal, or --ignore ${rule} where all run heddle-ai 0.9.2 or later`,

  'name-check': () => 'Write <check> or <check>=<target>; -o json shows the names of both.',
  'serve-elsewhere': () => 'Name another with --serve host:port.',
  'name-new-journal': () => 'Name a new file for --journal.',
  'follow-worker': ({ worker }) =>
    `For what a worker answers: heddle-ts tail --worker ${worker}. Add --any-subject for traffic that is not of Heddle.`,
  'allow-any-subject': () => 'Add --any-subject to follow traffic that is not of Heddle.',
  'write-command': () =>
    `Write it as --exec "prog arg 'an arg'" or --exec '["prog","arg"]'. No shell runs: variables, globs and pipes mean nothing.`,
  'install-nats-server': () => 'Install it (https://nats.io/download), or use --bus builtin.',
  'choose-free-port': () => 'Leave --port out for a free one.',

  'any-of': ({ advice }) =>
    advice
      .map(adviceText)
      .filter((text) => text !== undefined)
      .join(' '),
};

const TO_CHECK: Readonly<Record<Remedy<'check-credentials'>['kind'], string>> = {
  key: 'Ask for new credentials, and check',
  password: 'Check name and password, and',
  token: 'Check the token, and',
};

const MORE_TIME: Readonly<Record<Remedy<'raise-timeout'>['of'], string>> = {
  answer: 'Somebody listens there but does not answer in time; a longer --timeout may help.',
  handshake: 'Try again with a longer --timeout; if it stays so, look at the log of the server.',
  joining: 'Try again with a longer --timeout, and look at its log.',
  servers: 'Put the servers that answer first, or give more time with --timeout.',
  checks: 'Give it more with --timeout.',
};

const ROUTER: Readonly<Record<Remedy<'start-router'>['missed'], string>> = {
  'by-task': "Start one: 'heddle-ts router --config <router_rules.yaml>' (or Heddle's own: 'heddle router').",
  'by-smoke-test': "Start one: 'heddle-ts router --config configs/router_rules.yaml'.",
  'on-map': "Start one: 'heddle-ts router --config configs/router_rules.yaml' (or 'heddle router').",
};

/** Both measured: the first ends the process, the second leaves it running and deaf. */
const IF_A_ROUTER_RAN =
  "If one ran: a message that is no JSON object ends Heddle's own router, and a restart of NATS leaves it running without a connection; see its log, and restart it.";

const DECIDES_TIER: Readonly<Record<Remedy<'restart-worker-on-tier'>['decidedBy'], string>> = {
  tier_overrides: "the router's tier_overrides",
  default_model_tier: 'default_model_tier',
  stage: 'the tier of the stage',
};

const GOAL_TAKER: Readonly<Record<Remedy<'start-goal-taker'>['missed'], string>> = {
  'by-goal': "Start one: 'heddle pipeline --config <pipeline.yaml>'.",
  'on-map':
    "Start one ('heddle pipeline --config <file>') if this bus is meant to take goals; single tasks work without.",
  pipeline: 'Start it: heddle pipeline --config <file>',
  orchestrator: 'Start it: heddle orchestrator --config <file>',
};

type UnusableConfig = Exclude<Remedy<'validate-config'>['why'], 'schema'>;

const SEE_VALIDATE: Readonly<Record<UnusableConfig, (command: string) => string>> = {
  required: (command) => `Try: ${command}`,
  worker: (command) => `See '${command}'.`,
  'no-mapping': (command) => `What belongs in it: ${command}`,
  'not-understood': (command) => `See: ${command}`,
  'no-verdict': (command) => `Run: ${command}`,
};
