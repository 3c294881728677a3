import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkArgument, checkOptions, is, type Keys, needed } from '../src/check-options.ts';
import {
  broadcastReload,
  connect,
  execLongLived,
  inProcess,
  preflightRound,
  readMonitor,
  readTopology,
  runDev,
  runRouter,
  runWorker,
  startSidecar,
  submitGoal,
  submitTask,
  waitForGoal,
  waitForTask,
} from '../src/index.ts';
import { createFakeClock, createMemoryBus } from '../src/testing.ts';

interface Given {
  readonly servers: readonly string[];
  readonly timeoutMs?: number | undefined;
  readonly auth?: { readonly user?: string | undefined } | undefined;
  readonly kind?: 'a' | 'b' | undefined;
}
const KEYS: Keys<Given> = {
  servers: needed(is.texts),
  timeoutMs: is.number,
  auth: is.options({ user: is.text }),
  kind: is.oneOf('a', 'b'),
};

const WRONG: readonly (readonly [given: unknown, words: string])[] = [
  [null, 'f: the options must be an object, not null'],
  ['nats://x', 'f: the options must be an object, not a text'],
  [[], 'f: the options must be an object, not a list'],
  [{ url: 'x' }, 'f: there is no option "url"; did you mean "servers"?'],
  [{ servers: [], timeout_ms: 5 }, 'f: there is no option "timeout_ms"; did you mean "timeoutMs"?'],
  [{ servers: [], timeuotMs: 5 }, 'f: there is no option "timeuotMs"; did you mean "timeoutMs"?'],
  [{ servers: [], colour: 5 }, 'f: there is no option "colour"; there are servers, timeoutMs, auth, kind'],
  [{ ['__proto__']: 5 }, 'f: there is no option "__proto__"; there are servers, timeoutMs, auth, kind'],
  [{}, 'f: the option "servers" is missing; it must be a list of texts'],
  [{ servers: undefined }, 'f: the option "servers" is missing; it must be a list of texts'],
  [{ servers: 'x' }, 'f: "servers" must be a list of texts, not a text'],
  [{ servers: ['a', 5] }, 'f: "servers" must be a list of texts, not a list'],
  [{ servers: [], timeoutMs: '5s' }, 'f: "timeoutMs" must be a number, not a text'],
  [{ servers: [], timeoutMs: null }, 'f: "timeoutMs" must be a number, not null'],
  [{ servers: [], kind: 'c' }, 'f: "kind" must be "a" or "b", not a text'],
  [{ servers: [], auth: 'me' }, 'f: "auth" must be an object, not a text'],
  [{ servers: [], auth: { usr: 'me' } }, 'f: there is no option "auth.usr"; did you mean "auth.user"?'],
  [{ servers: [], auth: { user: 5n } }, 'f: "auth.user" must be a text, not 5'],
];

for (const [given, message] of WRONG) {
  test(message, () => {
    assert.throws(() => checkOptions('f', given as object, KEYS, { url: 'servers' }), { code: 'usage', message });
  });
}

test('what is right passes: options that are left out, undefined, or none at all', () => {
  checkOptions('f', { servers: ['a'], timeoutMs: undefined, auth: { user: 'me' }, kind: 'b' }, KEYS);
  checkOptions('f', undefined, { timeoutMs: is.number });
  checkArgument('f', 'the first argument', new Map(), is.bus);
});

const SOURCES = { now: () => 0, uuid: () => '1' };

/** As a program in JavaScript calls them. */
const CALLS: readonly (readonly [call: () => unknown, message: string])[] = [
  [() => connect({ url: 'nats://x' } as never), 'connect: there is no option "url"; did you mean "servers"?'],
  [
    () => connect({ servers: [], token: 'x' } as never),
    'connect: there is no option "token"; did you mean "auth.token"?',
  ],
  [() => connect(undefined as never), 'connect: the option "servers" is missing; it must be a list of texts'],
  [() => connect({ servers: 'nats://x' } as never), 'connect: "servers" must be a list of texts, not a text'],
  [
    () => connect({ servers: [], auth: { pass: 'secret' } } as never),
    'connect: there is no option "auth.pass"; there are user, password, token, creds, nkeySeed, jwt',
  ],
  [() => createMemoryBus({ user: [] } as never), 'createMemoryBus: there is no option "user"; did you mean "users"?'],
  [() => createMemoryBus().connect({ name: 5 } as never), 'connect: "name" must be a text, not 5'],
  [() => createFakeClock({ now: '12:00' } as never), 'createFakeClock: "now" must be a number, not a text'],
  [
    () => runWorker(connect({ servers: ['nats://127.0.0.1:1'] }).catch(() => {}) as never, {} as never),
    'runWorker: the first argument must be a bus, as connect gives it, not a promise: await it',
  ],
  [
    () => runWorker({} as never, { config: { name: 'w' } } as never),
    'runWorker: the option "handler" is missing; it must be a function or an object',
  ],
  [
    () => runWorker({} as never, { config: { name: 'w', input_schema: {} }, handler: () => ({}) } as never),
    'runWorker: config: there is no option "input_schema"; did you mean "inputSchema"?',
  ],
  [
    () => runWorker({} as never, { config: { name: 'w', timeout_seconds: 5 }, handler: () => ({}) } as never),
    'runWorker: config: there is no option "timeout_seconds"; did you mean "timeoutMs"?',
  ],
  [
    () => submitTask({} as never, { worker_type: 'echo', payload: {} } as never, SOURCES),
    'submitTask: the draft: there is no option "worker_type"; did you mean "workerType"?',
  ],
  [
    () => submitTask({} as never, { workerType: 'echo', payload: {}, model_tier: 'local' } as never, SOURCES),
    'submitTask: the draft: there is no option "model_tier"; did you mean "tier"?',
  ],
  [
    () => submitGoal({} as never, { instruction: 'go' }, undefined as never),
    'submitGoal: the third argument must be an object with now and uuid, not undefined',
  ],
  [
    () => waitForTask({} as never, { workerType: 'echo', payload: {} }, SOURCES, { timeout: 5 } as never),
    'waitForTask: there is no option "timeout"; did you mean "timeoutMs"?',
  ],
  [
    () => waitForGoal({} as never, { instruction: 'go' }, SOURCES, { linger_ms: 5 } as never),
    'waitForGoal: there is no option "linger_ms"; did you mean "lingerMs"?',
  ],
  [
    () => runRouter({} as never, { rules: { tier_overrides: {}, rateLimits: new Map() } } as never),
    'runRouter: there is no option "rules.tier_overrides"; did you mean "rules.tierOverrides"?',
  ],
  [
    () => runRouter({} as never, { rules: { tierOverrides: {}, rateLimits: new Map() } } as never),
    'runRouter: "rules.tierOverrides" must be a Map, not an object',
  ],
  [() => runDev({ bus: 'auto', prot: 4222 } as never), 'runDev: there is no option "prot"; did you mean "port"?'],
  [
    () => execLongLived({ arguments: ['x'] } as never),
    'execLongLived: there is no option "arguments"; there are command, cwd, env, platform, maxLine, maxLineCalled, clock, log',
  ],
  [() => inProcess({ handle: () => ({}) }, { clock: 5 } as never), 'inProcess: "clock" must be a Clock, not 5'],
  [
    () => readTopology({} as never, { timeout: 5 } as never),
    'readTopology: there is no option "timeout"; did you mean "timeoutMs"?',
  ],
  [() => readMonitor('http://x' as never), 'readMonitor: the first argument must be a list of texts, not a text'],
  [
    () => broadcastReload({} as never, { wait: 5 } as never),
    'broadcastReload: there is no option "wait"; did you mean "waitMs"?',
  ],
  [
    () => startSidecar({ host: 'x', ports: 5 } as never),
    'startSidecar: there is no option "ports"; did you mean "port"?',
  ],
  [
    () => preflightRound({ ask: { timeout: 5 } } as never),
    'preflightRound: there is no option "ask.timeout"; did you mean "ask.timeoutMs"?',
  ],
];

for (const [call, message] of CALLS) {
  test(message, async () => {
    await assert.rejects(async () => await call(), { code: 'usage', message });
  });
}
