import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Broker, startBroker } from '../../src/broker/broker.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { natsServerFor, skipWithoutNatsServer } from '../helpers/nats-server.ts';
import { type Wire, wire } from '../helpers/wire.ts';
import { SCRIPTS, type Script, TOKEN, USERS } from './scripts.ts';

noLeaks();

type Ports = Record<NonNullable<Script['on']>, number>;

describe('the broker says what the table says', async () => {
  for (const script of SCRIPTS) {
    test(script.name, async (t) => {
      const broker: Broker = await startBroker(
        script.on === 'users' ? { users: USERS } : script.on === 'token' ? { token: TOKEN } : {},
      );
      t.after(() => broker.close());
      const heard = await play(script, broker.port);
      for (const [who, wanted] of Object.entries(script.hears)) {
        if (script.wordless) assert.match(heard[who] ?? '', /^(-ERR '.+'\r\n)$/);
        else compare(heard[who], wanted, script);
      }
    });
  }
});

test('a real nats-server says the same', { skip: skipWithoutNatsServer() }, async (t) => {
  const servers = await Promise.all([
    natsServerFor(t),
    natsServerFor(t, { config: `authorization { users = ${JSON.stringify(USERS.map(inServerWords))} }` }),
    natsServerFor(t, { config: `authorization { token = ${JSON.stringify(TOKEN)} }` }),
  ]);
  const [open, users, token] = servers.map((server) => server.port) as [number, number, number];
  const ports: Ports = { open, users, token };
  for (const script of SCRIPTS) {
    await t.test(script.name, async () => {
      const heard = await play(script, ports[script.on ?? 'open']);
      for (const [who, wanted] of Object.entries(script.hears)) compare(heard[who], wanted, script);
    });
  }
});

/** Plays it, and gives what each client heard, without the pongs of our own pings. */
async function play(script: Script, port: number): Promise<Record<string, string>> {
  const clients = new Map<string, Wire>();
  const ours = new Map<string, number>();
  try {
    for (const [who, words] of script.says) {
      const client = clients.get(who) ?? (await wire(port));
      clients.set(who, client);
      client.say(words);
      if (script.cut?.includes(who)) await client.untilClosed();
      else {
        await client.sync();
        ours.set(who, (ours.get(who) ?? 0) + 1);
        assert.equal(client.closed, false, `${who} was cut off: ${client.heard}`);
      }
    }
    return Object.fromEntries([...clients].map(([who, { heard }]) => [who, trimmed(heard, ours.get(who) ?? 0)]));
  } finally {
    for (const client of clients.values()) client.hangUp();
  }
}

function trimmed(heard: string, pongs: number): string {
  let text = heard;
  for (let count = 0; count < pongs; count += 1) {
    const at = text.lastIndexOf('PONG\r\n');
    text = text.slice(0, at) + text.slice(at + 6);
  }
  return text;
}

function compare(heard: string | undefined, wanted: string, script: Script): void {
  if (script.anyOrder) assert.deepEqual(frames(heard ?? ''), frames(wanted));
  else assert.equal(heard, wanted);
}

function frames(heard: string): string[] {
  return heard.split(/^(?=MSG|HMSG)/m).sort();
}

function inServerWords({ user, password, permissions }: (typeof USERS)[number]): object {
  return { user, password, ...(permissions ? { permissions } : {}) };
}
