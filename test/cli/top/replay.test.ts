import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { keptBus, refusal, SERVERS } from '../../deadletter/bus.ts';
import { startCli } from '../../helpers/fake-io.ts';
import { openGlass } from '../../helpers/glass.ts';
import { noLeaks } from '../../helpers/leaks.ts';

noLeaks();

for (const { name, program, skip } of SERVERS) {
  test(`a group of dead letters is sent again from the screen, once, when somebody says yes (${name})`, {
    skip,
  }, async (t) => {
    const { server, bus, cli, json } = await keptBus(t, program);
    assert.equal((await cli('dead-letter', 'enable')).code, 0);
    const arrived: string[] = [];
    bus.subscribe('heddle.tasks.incoming', ({ data }) =>
      arrived.push(JSON.parse(Buffer.from(data).toString()).task_id),
    );
    for (const id of ['a', 'b', 'c']) bus.publish('heddle.tasks.dead_letter', refusal(id));
    await bus.flush();

    const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => {} });
    const argv = ['top', '--allow-write', '--screen', 'dead-letters', '--nats-url', server.url];
    const env = { TERM: 'xterm', LANG: 'C.UTF-8', NO_COLOR: '1' };
    const { io, exit } = startCli(argv, { env, tty: 100, rows: 24, stdin });
    const glass = openGlass(100, 24);
    let fed = 0;
    const shows = async (pattern: RegExp): Promise<void> => {
      const text = (): string => glass.lines().join('\n');
      for (let look = 0; look < 3000 && !pattern.test(text()); look += 1) {
        await sleep(10);
        const written = io.out();
        await glass.write(written.slice(fed));
        fed = written.length;
      }
      assert.match(text(), pattern);
    };
    await shows(/kept, read at [\d:]+: 3 letters in 1 group/);
    stdin.write('P');
    await shows(/Send 3 letters of group \w+ again\? Type yes: _/);
    // A key that was meant for something else is no answer.
    stdin.write('y\r');
    await shows(/nothing was sent/);
    assert.deepEqual(arrived, []);
    stdin.write('P');
    await shows(/Type yes: _/);
    stdin.write('yes\r');
    await shows(/sent, replay r-\w+: 3 sent/);
    await shows(/no dead letters are kept|0 letters in 0 groups/);
    stdin.write('q');
    assert.equal(await exit, 0);
    await bus.flush();
    assert.deepEqual(arrived.sort(), ['a', 'b', 'c']);
    const { total } = await json('dead-letter', 'groups');
    assert.equal(total, 0, 'the journal knows it, too');
  });
}
