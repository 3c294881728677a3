/**
 * What to do about a failure or a finding, as data: below the command line nobody knows flags and commands. `heddle-ts` words each
 * remedy with its own (src/cli/remedies.ts); a program that uses the SDK finds its own words, by `do`. One member a meaning.
 */
export type Remedy<D extends keyof Remedies = keyof Remedies> = { [K in D]: { readonly do: K } & Remedies[K] }[D];

/**
 * What to do next. `hint` is for people as it stands; `remedy` is what a program must word, because it speaks of something that the
 * user of that program does in a way of its own. Where both stand they are two sentences of one advice, the hint first.
 */
export interface Advice {
  /** In one or two sentences. */
  readonly hint?: string | undefined;
  readonly remedy?: Remedy | undefined;
}

/** Of what never leaves its reader without one. */
export type SomeAdvice = Advice & ({ readonly hint: string } | { readonly remedy: Remedy });

/** What somebody advises, to be passed on with something else. */
export function adviceOf({ hint, remedy }: Advice): Advice {
  return remedy === undefined ? { hint } : { hint, remedy };
}

/** For readers without words of their own for remedies: the hint, else the name of the remedy. */
export function plainAdvice(advice: SomeAdvice): string;
export function plainAdvice(advice: Advice): string | undefined;
export function plainAdvice({ hint, remedy }: Advice): string | undefined {
  if (hint !== undefined || remedy === undefined) return hint;
  return remedy.do === 'any-of' ? remedy.advice.map(plainAdvice).join('; ') : remedy.do;
}

/** Of a remedy whose name says all. */
type Alone = unknown;

/** Every remedy by its name, with the values that its words need. */
export interface Remedies {
  // To be let in by a server

  /** Start a server at the address, or name the address of the right one. */
  'start-server': Alone;
  /** Find out whether NATS runs at all, and start one where it does not. */
  'look-for-server': Alone;
  /** Name the address of the right server. */
  'name-server': Alone;
  /** Check the spelling of the host and the name service, or name the server by its address. */
  'check-host': { readonly host: string };
  /** Look whether the server runs. */
  'check-server': Alone;
  /** Read the log of the server, and see how far a connection comes. */
  'trace-connection': Alone;
  /**
   * Give it more time. `of`: what had too little: an answer to a request, the TLS handshake, joining, a list of servers of which some
   * were not tried, or a round of checks.
   */
  'raise-timeout': { readonly of: 'answer' | 'handshake' | 'joining' | 'servers' | 'checks' };
  /** Look whether the server runs, or wait longer for the connection to come back. */
  'wait-for-reconnect': Alone;
  /** Connect with TLS, and name the CA of the server where it is a private one. */
  'use-tls': Alone;
  /** Begin with the TLS handshake, before the server speaks, and name its CA where it is a private one. */
  'connect-tls-first': Alone;
  /** Do not begin with the TLS handshake: let the server speak first. */
  'leave-tls-first-out': Alone;
  /** Name the certificate of the CA that signed the server's. `asked`: TLS was asked for, so a CA may have been named and be the wrong one. */
  'name-ca': { readonly asked: boolean };
  /** Look at the PEM text that was given for this setting. */
  'check-tls-setting': { readonly setting: 'ca' | 'cert' | 'key' };
  /** Give a client certificate and its key, both. */
  'complete-client-certificate': Alone;
  /** Give the key that belongs to the client certificate. */
  'match-client-certificate': Alone;
  /** Give a client certificate and its key: the server asks for one. */
  'name-client-certificate': Alone;
  /** Check that a CA which the server trusts signed the client certificate. */
  'check-client-certificate': Alone;
  /** Have a new client certificate made. */
  'renew-client-certificate': Alone;
  /** Have a new certificate made for the server. */
  'renew-server-certificate': Alone;
  /** Say who connects. `kind`: by a key (nkey, credentials file), or by name and password or a token. */
  'give-credentials': { readonly kind: 'key' | 'password' };
  /** Check which credentials are used, and have new ones made where it is a key that the server does not know. */
  'check-credentials': { readonly kind: 'key' | 'password' | 'token' };
  /** Ask for new credentials, and name them. */
  'renew-credentials': Alone;
  /** Have the server allow this user to do that on the subject, or connect as another user. */
  'allow-subject': { readonly operation: 'publish' | 'subscribe' };
  /** Have the server allow what this part of Heddle needs. `role`: undefined where it is not known which it is. */
  'allow-role': { readonly role: string | undefined };
  /** Check the prefix of reply inboxes: this user may be forbidden to subscribe below it. */
  'check-inbox-prefix': Alone;
  /** Run actors nearer to the server, or raise the round trip that counts as slow. */
  'shorten-way': Alone;

  // To have everybody on the bus

  /** Start what should answer there; the map of the bus tells who is there. */
  'start-responder': Alone;
  /** Start a router, or restart it where one ran. `missed`: by a task that was sent, by the smoke test, or on the map of the bus. */
  'start-router': { readonly missed: 'by-task' | 'by-smoke-test' | 'on-map' };
  /** Run routers that share one queue group. */
  'share-router-group': Alone;
  /** Start a worker of this type. */
  'start-worker': { readonly workerType: string };
  /** Start the worker of this config, or restart it where it runs. `kind`: undefined where it is not known. */
  'start-or-restart-worker': { readonly kind: 'llm' | 'processor' | undefined; readonly file: string | undefined };
  /** Restart a worker on this tier, or change what decides the tier of its tasks. `worker`: told by a config, or seen on the bus only. */
  'restart-worker-on-tier': {
    readonly worker: 'configured' | 'seen';
    readonly tier: string;
    readonly decidedBy: 'tier_overrides' | 'default_model_tier' | 'stage';
  };
  /** Name the rules that the running routers go by. */
  'name-router-rules': Alone;
  /** Start a pipeline or an orchestrator. `missed`: by a goal that was sent, on the map of a bus that may need none, or as expected by name. */
  'start-goal-taker': { readonly missed: 'by-goal' | 'on-map' | 'pipeline' | 'orchestrator' };
  /** Start a gateway, or one more of them. */
  'start-gateway': Alone;
  /** Keep somebody listening who records dead letters. */
  'record-dead-letters': Alone;
  /** Have failed work kept, by the server or in a folder. */
  'keep-dead-letters': Alone;
  /** See what failed, by cause. */
  'look-at-dead-letters': Alone;
  /** Send failed work again, with what was wrong in it mended. `what`: the whole message, or its payload. */
  'mend-and-replay': { readonly what: 'message' | 'payload' };
  /** Look whether the work was done: if not, have it sent again; if so, put the letter away. `id`: undefined for several. */
  'decide-uncertain': { readonly id: string | undefined; readonly operation: string };
  /** Send the goal again from where it came, and have goals kept by somebody who listens: no stream may. */
  'send-goal-again': Alone;
  /** Send the task again from where it came, and have tasks kept. */
  'send-task-again': Alone;
  /** Send failed work again, to a tier that there is. */
  'replay-to-tier': Alone;
  /** Send failed work again, no faster than the limit allows. */
  'replay-slowly': Alone;
  /**
   * Send the task to this tier, where the worker is, start the worker where the task went, or look at the router's rules. `overridden`:
   * the router sends it there whatever it asks for, so that asking is in vain.
   */
  'send-to-tier': { readonly tier: string; readonly routedTier: string; readonly overridden: boolean };
  /** Start the pipeline from Python, without the settings that Heddle's own command gives its log. */
  'start-pipeline-from-python': Alone;
  /** See where a task for this worker stops. */
  'trace-task': { readonly workerType: string };
  /** Give the smoke test a payload that the worker takes, or read the worker's log. */
  'give-smoke-payload': Alone;
  /** Set one of these variables where the worker runs, set Heddle up, or serve another tier. */
  'configure-tier': { readonly variables: readonly string[] };
  /** Ask a server's monitoring port who is connected. */
  'ask-monitoring-port': Alone;
  /** Take the subjects of tasks out of this JetStream stream, or let senders ask who listens. */
  'narrow-stream': { readonly stream: string };
  /** Have a JetStream stream made that keeps these subjects. */
  'make-stream': { readonly patterns: readonly string[] };

  // To have usable configs

  /** See what is wrong with a config, and where. `why`: what could not be done with it; `schema`: of a schema whose file is not known here. */
  'validate-config':
    | { readonly why: 'schema' }
    | { readonly why: 'required' | 'worker' | 'no-mapping' | 'not-understood' | 'no-verdict'; readonly file: string };
  /** Name the config file itself, or a folder as a folder. */
  'name-config-file': Alone;
  /** Say what kind of config it is. `kinds`: those that there are, where a file is spoken of; undefined for what to do in general. */
  'name-right-config': Alone;
  'name-kind': { readonly kinds?: readonly string[] | undefined };
  /** Correct the name of the rule in the comment, or remove the comment. */
  'correct-rule-name': Alone;
  /** Set max_concurrent, or have a router refill by tokens_per_minute. */
  'refill-as-documented': Alone;
  /** Look the name up in the list of rules. */
  'list-rules': Alone;
  /** Put the literal into the context of the goal, or ignore the rule where every pipeline knows literals. */
  'move-literal': { readonly rule: string };

  // To ask for something that can be done

  /** Write the name of a check, alone or with a target; a report as JSON holds the names of both. */
  'name-check': Alone;
  /** Serve on another address. */
  'serve-elsewhere': Alone;
  /** Name a new file for the journal. */
  'name-new-journal': Alone;
  /** Allow subjects that are not of Heddle. */
  'allow-any-subject': Alone;
  /** What was given as a subject is the name of a worker, most likely: follow what passes for and from it. */
  'follow-worker': { readonly worker: string };
  /** Write the command as words, quoted where they hold spaces, or as a JSON array. No shell runs. */
  'write-command': Alone;
  /** Install nats-server, or use the built-in bus. */
  'install-nats-server': Alone;
  /** Let the system choose a free port. */
  'choose-free-port': Alone;

  /** Several of these, the likeliest first. */
  'any-of': { readonly advice: readonly Advice[] };
}
