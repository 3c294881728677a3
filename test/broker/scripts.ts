import type { BusUser } from '../../src/transport/permissions.ts';

/**
 * Conversations that a client may have with a NATS server, and what it hears. The broker and a real nats-server are
 * held to the same table. Each line of `says` is one client's next words; all of them are followed by a ping.
 */
export interface Script {
  readonly name: string;
  readonly on?: 'open' | 'users' | 'token';
  readonly says: readonly (readonly [who: string, words: string])[];
  /** Without the pongs of the pings that the test adds. */
  readonly hears: Readonly<Record<string, string>>;
  /** Whom the server hangs up on. */
  readonly cut?: readonly string[];
  /** Which of one client's subscriptions gets a message first is nobody's promise. */
  readonly anyOrder?: true;
  /** nats-server hangs up without a word, the broker says why first. */
  readonly wordless?: true;
}

export const TOKEN = 'open-sesame';
export const USERS: readonly BusUser[] = [
  {
    user: 'limited',
    password: 'limited',
    permissions: {
      publish: { allow: ['foo.>', '_INBOX.>'], deny: ['foo.secret'] },
      subscribe: { allow: ['foo.>', '_INBOX.>', 'q.* wrk'], deny: ['foo.hidden'] },
    },
  },
  { user: 'free', password: 'free' },
  { user: 'denied', password: 'denied', permissions: { subscribe: { deny: ['a.b', 'qq *', 'z.*.x'] } } },
];

const HELLO = 'CONNECT {"verbose":false,"pedantic":false,"headers":true,"no_responders":true}\r\n';
const AS = (user: string, more = '') =>
  `CONNECT {"verbose":false,"pedantic":false,"headers":true,"no_responders":true,"user":"${user}","pass":"${user}"${more}}\r\n`;
const LONG = 'a'.repeat(4094);
const UNKNOWN = "-ERR 'Unknown Protocol Operation'\r\n";
const UNAUTHORIZED = "-ERR 'Authorization Violation'\r\n";
const TOO_LONG = "-ERR 'maximum control line exceeded'\r\n";

function one(name: string, words: string, hears: string, more: Partial<Script> = {}): Script {
  return { name, says: [['A', words]], hears: { A: hears }, ...more };
}

function cut(name: string, words: string, hears: string, more: Partial<Script> = {}): Script {
  return one(name, words, hears, { cut: ['A'], ...more });
}

export const SCRIPTS: readonly Script[] = [
  // Greeting and small talk.
  one('a ping before CONNECT is answered', 'PING\r\n', 'PONG\r\n'),
  one('who says nothing of it gets +OK', 'PUB a 1\r\nx\r\n', '+OK\r\n'),
  one('a line may end in a bare newline', `${HELLO}PING\n`, 'PONG\r\n'),
  one('case does not matter', `${HELLO}sub a 1\r\nPuB a 1\r\nx\r\nping\r\n`, 'MSG a 1 1\r\nx\r\nPONG\r\n'),
  one('blanks and tabs separate alike', `${HELLO}SUB\ta\t1\r\nPUB   a    2 \r\nhi\r\n`, 'MSG a 1 2\r\nhi\r\n'),
  one('a second CONNECT is taken', HELLO + HELLO, ''),
  one('what only servers say is ignored', `${HELLO}+OK\r\nINFO {}\r\nPONG\r\n`, ''),
  one(
    'verbose approves everything but pings',
    'CONNECT {"verbose":true,"pedantic":true}\r\nSUB a 1\r\nPUB a 1\r\nx\r\nUNSUB 1\r\nPING\r\nPONG\r\n',
    '+OK\r\n+OK\r\n+OK\r\nMSG a 1 1\r\nx\r\n+OK\r\nPONG\r\n',
  ),
  one(
    'pedantic complains of a subject to publish on',
    'CONNECT {"verbose":false,"pedantic":true}\r\nPUB a.* 1\r\nx\r\nPUB a..b 1\r\nx\r\n',
    "-ERR 'Invalid Publish Subject'\r\n-ERR 'Invalid Publish Subject'\r\n",
  ),
  cut('CONNECT without JSON', 'CONNECT {bad\r\n', '', { wordless: true }),
  cut('CONNECT with a number', 'CONNECT 1\r\n', '', { wordless: true }),
  cut('a protocol of the future', 'CONNECT {"verbose":false,"protocol":7}\r\n', "-ERR 'invalid client protocol'\r\n"),
  cut(
    'no_responders without headers',
    'CONNECT {"verbose":false,"no_responders":true}\r\n',
    "-ERR 'no responders requires headers support'\r\n",
  ),

  // Delivery.
  one('own messages come back', `${HELLO}SUB a 1\r\nPUB a 2\r\nhi\r\n`, 'MSG a 1 2\r\nhi\r\n'),
  one('unless echo is off', 'CONNECT {"verbose":false,"echo":false}\r\nSUB a 1\r\nSUB a q 2\r\nPUB a 1\r\nx\r\n', ''),
  {
    name: 'a message reaches each subscription, and a group once',
    says: [
      ['A', `${HELLO}SUB a.* 1\r\nSUB a.b 2\r\nSUB a.> g 3\r\nSUB c 5\r\n`],
      ['B', `${HELLO}SUB a.b g 1\r\nUNSUB 1\r\nPUB a.b reply.to 3\r\nabc\r\n`],
      ['A', 'SUB > g 4\r\nUNSUB 3\r\n'],
      ['B', 'PUB a.b 0\r\n\r\n'],
      ['A', ''],
    ],
    hears: {
      A:
        [1, 2, 3].map((sid) => `MSG a.b ${sid} reply.to 3\r\nabc\r\n`).join('') +
        [1, 2, 4].map((sid) => `MSG a.b ${sid} 0\r\n\r\n`).join(''),
      B: '',
    },
    anyOrder: true,
  },
  one('an empty payload', `${HELLO}SUB a 1\r\nPUB a 0\r\n\r\n`, 'MSG a 1 0\r\n\r\n'),
  one('a reply', `${HELLO}SUB a 1\r\nPUB a r 2\r\nhi\r\n`, 'MSG a 1 r 2\r\nhi\r\n'),
  one(
    'a payload of protocol lines',
    `${HELLO}SUB a 1\r\nPUB a 13\r\nUNSUB 1\r\nSUB \r\n`,
    'MSG a 1 13\r\nUNSUB 1\r\nSUB \r\n',
  ),
  one(
    'any bytes in a token',
    `${HELLO}SUB \xc3\xa4\xff\x01 1\r\nPUB \xc3\xa4\xff\x01 1\r\nx\r\n`,
    'MSG \xc3\xa4\xff\x01 1 1\r\nx\r\n',
  ),
  one('a sid of letters', `${HELLO}SUB a s-1\r\nPUB a 1\r\nx\r\n`, 'MSG a s-1 1\r\nx\r\n'),
  one('a sid in use stays', `${HELLO}SUB a 1\r\nSUB b 1\r\nPUB b 1\r\nx\r\nPUB a 1\r\ny\r\n`, 'MSG a 1 1\r\ny\r\n'),
  one(
    'a wildcard is only one alone in its token',
    `${HELLO}SUB a*b 1\r\nPUB axb 0\r\n\r\nPUB a*b 0\r\n\r\n`,
    'MSG a*b 1 0\r\n\r\n',
  ),
  one(
    '* is one token, not none',
    `${HELLO}SUB a.* 1\r\nPUB a 0\r\n\r\nPUB a.b.c 0\r\n\r\nPUB a.b 0\r\n\r\n`,
    'MSG a.b 1 0\r\n\r\n',
  ),
  one('> is one token or more', `${HELLO}SUB a.> 1\r\nPUB a 0\r\n\r\nPUB a.b.c 0\r\n\r\n`, 'MSG a.b.c 1 0\r\n\r\n'),
  one('an empty token matches nothing', `${HELLO}SUB > 1\r\nPUB a..b 0\r\n\r\nPUB .a 0\r\n\r\nPUB a. 0\r\n\r\n`, ''),
  one(
    'subscriptions that are none',
    `${HELLO}SUB a..b 1\r\nSUB .a 1\r\nSUB a. 1\r\nSUB a.>.b 1\r\n`,
    "-ERR 'Invalid Subject'\r\n".repeat(4),
  ),

  // Unsubscribing.
  one(
    'after so many',
    `${HELLO}SUB a 1\r\nUNSUB 1 2\r\nPUB a 1\r\n1\r\nPUB a 1\r\n2\r\nPUB a 1\r\n3\r\n`,
    'MSG a 1 1\r\n1\r\nMSG a 1 1\r\n2\r\n',
  ),
  one(
    'after as many as there were',
    `${HELLO}SUB a 1\r\nPUB a 1\r\n1\r\nUNSUB 1 1\r\nPUB a 1\r\n2\r\n`,
    'MSG a 1 1\r\n1\r\n',
  ),
  one('a max that is no number ends at once', `${HELLO}SUB a 1\r\nUNSUB 1 x\r\nPUB a 1\r\nx\r\n`, ''),
  one('a max of nothing ends at once', `${HELLO}SUB a 1\r\nUNSUB 1 0\r\nPUB a 1\r\nx\r\n`, ''),
  one('what was never subscribed', `${HELLO}UNSUB 99\r\nUNSUB 98 3\r\n`, ''),

  // Nobody listens.
  one('is said at once', `${HELLO}SUB r.* 1\r\nPUB none r.1 0\r\n\r\n`, 'HMSG r.1 1 16 16\r\nNATS/1.0 503\r\n\r\n\r\n'),
  one(
    'is said once',
    `${HELLO}SUB r 1\r\nSUB r q 3\r\nPUB none r 0\r\n\r\n`,
    'HMSG r 1 16 16\r\nNATS/1.0 503\r\n\r\n\r\n',
  ),
  one('is not said where somebody does', `${HELLO}SUB > 1\r\nPUB some r 0\r\n\r\n`, 'MSG some 1 r 0\r\n\r\n'),
  one(
    'is not said to who did not ask',
    'CONNECT {"verbose":false,"headers":true}\r\nSUB r 1\r\nPUB none r 0\r\n\r\n',
    '',
  ),
  one(
    'not even the asker itself with echo off',
    'CONNECT {"verbose":false,"echo":false,"headers":true,"no_responders":true}\r\nSUB r 1\r\nSUB a 2\r\nPUB a r 0\r\n\r\n',
    'HMSG r 1 16 16\r\nNATS/1.0 503\r\n\r\n\r\n',
  ),

  // Headers.
  one(
    'headers',
    `${HELLO}SUB a 1\r\nHPUB a 12 14\r\nNATS/1.0\r\n\r\nhi\r\n`,
    'HMSG a 1 12 14\r\nNATS/1.0\r\n\r\nhi\r\n',
  ),
  one(
    'headers and a reply',
    `${HELLO}SUB a 1\r\nHPUB a r 12 12\r\nNATS/1.0\r\n\r\n\r\n`,
    'HMSG a 1 r 12 12\r\nNATS/1.0\r\n\r\n\r\n',
  ),
  one(
    'what headers hold is not looked at',
    `${HELLO}SUB a 1\r\nHPUB a 4 6\r\n\0\r\n\xffhi\r\n`,
    'HMSG a 1 4 6\r\n\0\r\n\xffhi\r\n',
  ),
  one('no headers after all', `${HELLO}SUB a 1\r\nHPUB a 0 2\r\nhi\r\n`, 'MSG a 1 2\r\nhi\r\n'),
  {
    name: 'who cannot read headers gets the data',
    says: [
      ['A', 'CONNECT {"verbose":false}\r\nSUB a 1\r\n'],
      ['B', `${HELLO}HPUB a 12 14\r\nNATS/1.0\r\n\r\nhi\r\n`],
      ['A', ''],
    ],
    hears: { A: 'MSG a 1 2\r\nhi\r\n', B: '' },
  },
  cut('headers larger than all', `${HELLO}HPUB a 14 12\r\nNATS/1.0\r\n\r\nhi\r\n`, '', { wordless: true }),
  cut('headers below zero', `${HELLO}HPUB a -1 12\r\nNATS/1.0\r\n\r\nhi\r\n`, '', { wordless: true }),
  cut('headers without a size', `${HELLO}HPUB a 12\r\n`, '', { wordless: true }),
  cut('headers that were not agreed on', 'CONNECT {"verbose":false}\r\nHPUB a 12 14\r\nNATS/1.0\r\n\r\nhi\r\n', '', {
    wordless: true,
  }),

  // What is no protocol.
  cut('another protocol', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', UNKNOWN),
  cut('the start of TLS', `\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03${'\0'.repeat(40)}`, UNKNOWN),
  cut('an unknown operation', `${HELLO}GARBAGE\r\n`, UNKNOWN),
  cut('what only servers may say', `${HELLO}MSG a 1 1\r\nx\r\n`, UNKNOWN),
  cut('an empty line', `${HELLO}\r\n`, UNKNOWN),
  cut('blanks before an operation', `${HELLO}  PING\r\n`, UNKNOWN),
  cut('a bare PUB', `${HELLO}PUB\r\n`, UNKNOWN),
  cut('a bare UNSUB', `${HELLO}UNSUB\r\n`, UNKNOWN),
  cut('an error from a client', `${HELLO}-ERR 'x'\r\n`, ''),
  cut('a size below zero', `${HELLO}PUB a -1\r\n`, '', { wordless: true }),
  cut('a size with a plus', `${HELLO}PUB a +2\r\nhi\r\n`, '', { wordless: true }),
  cut('a size of letters', `${HELLO}PUB a x\r\n`, '', { wordless: true }),
  cut('a size no machine has', `${HELLO}PUB a 99999999999999999999\r\n`, '', { wordless: true }),
  cut('no size', `${HELLO}PUB a\r\n`, '', { wordless: true }),
  cut('too many words', `${HELLO}PUB a b c 1\r\nx\r\n`, '', { wordless: true }),
  cut('SUB without a sid', `${HELLO}SUB a\r\n`, '', { wordless: true }),
  cut('SUB with too much', `${HELLO}SUB a b c d\r\n`, '', { wordless: true }),
  cut('UNSUB with too much', `${HELLO}UNSUB 1 2 3\r\n`, '', { wordless: true }),
  cut('a payload longer than it said', `${HELLO}SUB a 1\r\nPUB a 1\r\nxyzPING\r\n`, UNKNOWN),
  cut('a payload without its return', `${HELLO}PUB a 1\r\nx\nPING\r\n`, UNKNOWN),
  cut('more than max_payload', `${HELLO}PUB a 1048577\r\n`, "-ERR 'Maximum Payload Violation'\r\n"),
  cut('more than max_payload with headers', `${HELLO}HPUB a 12 1048577\r\n`, "-ERR 'Maximum Payload Violation'\r\n"),
  one('the longest control line', `${HELLO}SUB ${LONG} 1\r\n`, ''),
  cut('one byte more', `${HELLO}SUB ${LONG}a 1\r\n`, TOO_LONG),
  cut('a control line without end', `${HELLO}SUB ${LONG.repeat(3)}`, TOO_LONG),

  // Who may come in.
  one('the token', `CONNECT {"verbose":false,"auth_token":"${TOKEN}"}\r\n`, '', { on: 'token' }),
  cut('another token', 'CONNECT {"verbose":false,"auth_token":"x"}\r\n', UNAUTHORIZED, { on: 'token' }),
  cut('no token', 'CONNECT {"verbose":false}\r\n', UNAUTHORIZED, { on: 'token' }),
  cut('the token as a password', `CONNECT {"verbose":false,"pass":"${TOKEN}"}\r\n`, UNAUTHORIZED, { on: 'token' }),
  one('a user', AS('free'), '', { on: 'users' }),
  cut('a user with another password', 'CONNECT {"user":"free","pass":"x"}\r\n', UNAUTHORIZED, { on: 'users' }),
  cut('a user without a password', 'CONNECT {"user":"free"}\r\n', UNAUTHORIZED, { on: 'users' }),
  cut('nobody', 'CONNECT {}\r\n', UNAUTHORIZED, { on: 'users' }),
  cut('an unknown user', AS('__proto__'), UNAUTHORIZED, { on: 'users' }),
  cut('a ping first', 'PING\r\n', UNAUTHORIZED, { on: 'users' }),
  cut('a message first', 'PUB a 1\r\nx\r\n', UNAUTHORIZED, { on: 'users' }),
  cut('another user later', `${AS('free')}CONNECT {"user":"limited","pass":"x"}\r\n`, UNAUTHORIZED, { on: 'users' }),

  // What they may do there.
  one(
    'publishing where it is allowed',
    `${AS('limited')}SUB foo.> 1\r\nPUB foo.x bar 1\r\nx\r\n`,
    'MSG foo.x 1 bar 1\r\nx\r\n',
    { on: 'users' },
  ),
  one(
    'publishing elsewhere',
    `${AS('limited')}PUB bar 1\r\nx\r\n`,
    `-ERR 'Permissions Violation for Publish to "bar"'\r\n`,
    { on: 'users' },
  ),
  one(
    'publishing what is denied',
    `${AS('limited')}HPUB foo.secret r 12 12\r\nNATS/1.0\r\n\r\n\r\n`,
    `-ERR 'Permissions Violation for Publish to "foo.secret"'\r\n`,
    { on: 'users' },
  ),
  one(
    'a forbidden request hears of it, not of listeners',
    `${AS('limited')}SUB _INBOX.> 1\r\nPUB bar _INBOX.1 0\r\n\r\n`,
    `-ERR 'Permissions Violation for Publish to "bar"'\r\n`,
    { on: 'users' },
  ),
  one(
    'subscribing elsewhere',
    `${AS('limited')}SUB bar 1\r\nSUB bar q 2\r\nSUB > 3\r\nSUB * 4\r\nUNSUB 1\r\n`,
    `-ERR 'Permissions Violation for Subscription to "bar"'\r\n` +
      `-ERR 'Permissions Violation for Subscription to "bar" using queue "q"'\r\n` +
      `-ERR 'Permissions Violation for Subscription to ">"'\r\n-ERR 'Permissions Violation for Subscription to "*"'\r\n`,
    { on: 'users' },
  ),
  one(
    'a queue that may and others that may not',
    `${AS('limited')}SUB q.1 wrk 1\r\nSUB q.1 2\r\nSUB q.1 oth 3\r\n`,
    `-ERR 'Permissions Violation for Subscription to "q.1"'\r\n` +
      `-ERR 'Permissions Violation for Subscription to "q.1" using queue "oth"'\r\n`,
    { on: 'users' },
  ),
  {
    name: 'a wildcard does not see what is denied in it',
    on: 'users',
    says: [
      ['A', `${AS('limited')}SUB foo.hidden 1\r\nSUB foo.* 2\r\n`],
      ['B', `${AS('free')}SUB foo.hidden 1\r\nPUB foo.hidden 1\r\nx\r\nPUB foo.y 1\r\ny\r\n`],
      ['A', ''],
    ],
    hears: {
      A: `-ERR 'Permissions Violation for Subscription to "foo.hidden"'\r\nMSG foo.y 2 1\r\ny\r\n`,
      B: 'MSG foo.hidden 1 1\r\nx\r\n',
    },
  },
  one(
    'denials alone',
    `${AS('denied')}SUB qq g 1\r\nSUB qq 2\r\nSUB a.> 3\r\nPUB a.b 1\r\nx\r\nPUB a.c 1\r\nx\r\nSUB a.b 4\r\nSUB a.b g 5\r\nSUB z.a.* 6\r\nSUB z.*.x 7\r\n`,
    `-ERR 'Permissions Violation for Subscription to "qq" using queue "g"'\r\nMSG a.c 3 1\r\nx\r\n` +
      `-ERR 'Permissions Violation for Subscription to "a.b"'\r\n` +
      `-ERR 'Permissions Violation for Subscription to "a.b" using queue "g"'\r\n` +
      `-ERR 'Permissions Violation for Subscription to "z.*.x"'\r\n`,
    { on: 'users' },
  ),
];
