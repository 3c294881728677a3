import { mkdirSync, writeFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { adviceText } from '../../src/cli/remedies.ts';
import { NO_RULES } from '../../src/router/rules.ts';
import { runRouter } from '../../src/router/run.ts';
import { connect } from '../../src/transport/nats.ts';
import type { Transport } from '../../src/transport/transport.ts';
import { inProcess } from '../../src/worker/in-process.ts';
import { serveTasks } from '../../src/worker/run.ts';
import { keptBus } from '../deadletter/bus.ts';
import { inProject } from '../helpers/root.ts';
import { smallPng } from '../helpers/small-png.ts';
import { launch, skipWithoutBrowser } from './browser.ts';
import { startGateway, TOKEN } from './start.ts';

// The pictures of docs/gateway.md, made anew where that is asked for: a day on a small bus, in half a minute.

const TRAFFIC_MS = 24_000;

test('the pictures of the console', {
  skip: process.env.UPDATE_GOLDEN === '1' ? skipWithoutBrowser() : 'UPDATE_GOLDEN=1 makes them',
}, async (t) => {
  const { server, cli } = await keptBus(t);
  await cli('dead-letter', 'enable');
  const join = async (name: string): Promise<Transport> => {
    const transport = await connect({ servers: [server.url], reconnect: true, name });
    t.after(() => transport.close());
    return transport;
  };
  const router = await runRouter(await join('heddle-ts router'), { rules: NO_RULES, log: () => {} });
  t.after(() => router.stop(100));
  await work(t, await join('heddle-ts worker ocr'), 'ocr', 'local', 40);
  await work(t, await join('heddle-ts worker ocr'), 'ocr', 'local', 60);
  await work(t, await join('heddle-ts worker summarize'), 'summarize', 'standard', 180);
  const text = 'auth: {tokens: [{id: ops, env: T, scopes: [submit, events, observe, admin]}]}\nconsole: true\n';
  const bus = await join('heddle-ts gateway');
  const { url } = await startGateway(t, bus, text, { env: { T: TOKEN }, words: adviceText });

  const browser = await launch();
  t.after(() => browser.close());
  const page = await browser.newPage({ viewport: { width: 1080, height: 1400 }, colorScheme: 'light' });
  await page.goto(`${url}/`);
  await page.getByLabel('Token', { exact: true }).fill(TOKEN);
  await page.keyboard.press('Enter');
  await page.getByLabel('Worker').fill('summarize');
  const sender = await join('invoices');
  for (let at = 0; at < TRAFFIC_MS / 60; at += 1) {
    const wave = Math.round(6 + 5 * Math.sin(at / 25));
    for (let each = 0; each < wave / 4; each += 1) {
      const task = {
        task_id: `inv-${at}-${each}`,
        worker_type: 'ocr',
        model_tier: 'local',
        payload: { page: at, of: each },
      };
      sender.publish('heddle.tasks.incoming', JSON.stringify(task));
    }
    if (at % 70 === 9)
      sender.publish(
        'heddle.tasks.incoming',
        JSON.stringify({ task_id: `bad-${at}`, worker_type: 'ocr', model_tier: 'huge', payload: {} }),
      );
    await sender.flush();
    if (at === 200) {
      await page.locator('#body').fill('{"text": "The quarter in three sentences.", "language": "en"}');
      await page.getByRole('button', { name: 'Send', exact: true }).click();
    }
    await page.waitForTimeout(60);
  }
  mkdirSync(inProject('docs', 'console'), { recursive: true });
  const picture = async (name: string): Promise<void> => {
    await page.evaluate('scrollTo(0, 0); document.activeElement?.blur()');
    writeFileSync(inProject('docs', 'console', `${name}.png`), smallPng(await page.screenshot()));
  };
  await picture('light');
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.setViewportSize({ width: 1080, height: 900 });
  await picture('dark');
  await page.setViewportSize({ width: 360, height: 780 });
  await picture('narrow');
});

async function work(t: TestContext, transport: Transport, name: string, tier: string, ms: number): Promise<void> {
  let done = 0;
  const worker = await serveTasks(transport, {
    settings: { name, kind: 'processor', tier, inputSchema: undefined, outputSchema: undefined, timeoutMs: undefined },
    concurrency: 20,
    performer: inProcess({
      handle: async (payload: Readonly<Record<string, unknown>>) => {
        done += 1;
        await new Promise((resolve) => setTimeout(resolve, ms + ((done * 37) % 50)));
        if (done % 41 === 0) throw new Error(`page ${String(payload.page)}: the scan is empty`);
        return { text: 'Revenue grew by 4 %. Costs stayed level. The outlook is unchanged.', pages: 1 };
      },
    }),
  });
  t.after(() => worker.stop(100));
}
