import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { adviceText } from '../../src/cli/remedies.ts';
import { rawValue } from '../../src/contract/members.ts';
import { joined } from '../../src/gateway/hub/frame.ts';
import { connect } from '../../src/transport/nats.ts';
import type { Transport } from '../../src/transport/transport.ts';
import { failedResult, keptBus, refusal } from '../deadletter/bus.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { launch, skipWithoutBrowser } from './browser.ts';
import { actors, goalTaker } from './bus.ts';
import { startGateway, TOKEN } from './start.ts';

noLeaks();

/** Whatever is not text where it stands would run, or break the page. */
const HOSTILE = '<script>window.hurt=1</script><img src=x onerror="window.hurt=1">"\'\u202e\u034f\ud800';

test('the console in a browser: by keyboard, narrow, in the dark, with a hostile bus', {
  skip: skipWithoutBrowser(),
}, async (t) => {
  const { server, cli } = await keptBus(t);
  await cli('dead-letter', 'enable');
  const transport = await connect({ servers: [server.url], reconnect: true, name: 'heddle-ts gateway browser' });
  t.after(() => transport.close());
  const bus = await connect({ servers: [server.url], name: `bus ${HOSTILE}` });
  t.after(() => bus.close());
  await actors(t, bus, 30, 'local');
  answerDigits(bus);
  const text = `kind: gateway\nconsole: true\nauth: {tokens: [{id: ops, env: T, scopes: [submit, events, observe, admin]}]}\n`;
  const { url } = await startGateway(t, transport, text, { env: { T: TOKEN }, words: adviceText });
  const browser = await launch();
  t.after(() => browser.close());
  await wholeDay(browser, url, bus);
});

async function wholeDay(browser: Browser, url: string, bus: Transport) {
  const faults: string[] = [];
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, colorScheme: 'light' });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  page.on('console', (said) => {
    if (said.type() === 'error' || said.type() === 'warning') faults.push(`console: ${said.text()}`);
  });
  page.on('pageerror', (error) => faults.push(`thrown: ${error.message}`));
  page.on('request', (request) => {
    if (!request.url().startsWith(url)) faults.push(`asked outside: ${request.url()}`);
  });
  page.on('dialog', (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.addInitScript(
    "document.addEventListener('securitypolicyviolation', (event) => console.error('policy: ' + event.violatedDirective));",
  );

  // Logs in by keyboard alone.
  await page.goto(`${url}/`);
  await page.locator('#token:focus').waitFor();
  await page.keyboard.type(TOKEN);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Live' }).waitFor();
  await page.locator('#live-said', { hasText: /^live$/ }).waitFor();

  // A task, by keyboard alone, and its stages as they happen.
  await page.getByRole('link', { name: 'Work' }).focus();
  await page.keyboard.press('Enter');
  await tabTo(page, 'worker');
  await page.keyboard.type('digits');
  await tabTo(page, 'tier');
  await page.keyboard.press('l');
  await tabTo(page, 'body');
  await page.keyboard.press('Control+a');
  await page.keyboard.type(
    JSON.stringify({ text: HOSTILE, exact: 1 }).replace('"exact":1', '"exact":12345678901234567890'),
  );
  await tabTo(page, 'send-go');
  await page.keyboard.press('Enter');
  const job = page.locator('#jobs > li').first();
  await job.locator('.tag', { hasText: 'completed' }).first().waitFor();
  await job.locator('summary').press('Enter');
  assert.match(
    await job.locator('pre').innerText(),
    /<script>window\.hurt=1<\/script>[\s\S]*"exact": 12345678901234567890/,
  );

  // What stands on the bus is text, whoever wrote it.
  for (let each = 0; each < 3; each += 1) {
    bus.publish(
      'heddle.tasks.dead_letter',
      refusal(`t-${each}`, { reason: `unknown_tier: ${HOSTILE}`, worker: HOSTILE }),
    );
  }
  bus.publish('heddle.results.default', failedResult('t-9', `boom ${HOSTILE}`, HOSTILE));
  bus.publish('heddle.results.default', Buffer.from([0x7b, 0xed, 0xa0, 0x80, 0xff, 0x00]));
  bus.publish('heddle.other.thing', `⚠\ufe0f${HOSTILE}`);
  await bus.flush();
  const live = page.locator('#stream > li');
  await live.filter({ hasText: 'heddle.other.thing' }).locator('summary').click();
  assert.match(
    await live.filter({ hasText: 'heddle.other.thing' }).locator('pre').innerText(),
    /⚠\ufe0f<script>.*\\u202e\\u034f/s,
  );

  // Paused, nothing moves; the filter holds what is looked for.
  await page.getByRole('button', { name: 'Pause' }).press('Enter');
  const shown = await live.count();
  bus.publish('heddle.other.later', 'needle');
  await bus.flush();
  await page.locator('#left-out', { hasText: '1 wait' }).waitFor();
  assert.equal(await live.count(), shown);
  await page.getByRole('button', { name: 'Go on' }).press('Enter');
  await live.filter({ hasText: 'heddle.other.later' }).waitFor();
  await page.getByLabel('Holds the text').fill('needle');
  assert.equal(await live.count(), 1);
  await page.getByLabel('Holds the text').fill('');

  // Dead letters: the plan first, then each once; by keyboard.
  const group = page.locator('#groups tr', { hasText: 'unknown_tier' });
  await group.getByRole('button').press('Enter');
  await page.locator('#ask-go:focus').waitFor();
  assert.match(await page.locator('#ask-body').innerText(), /3 letters are sent again/);
  await page.keyboard.press('Escape');
  await page.locator('#ask').waitFor({ state: 'hidden' });
  await group.getByRole('button').press('Enter');
  await page.locator('#ask-go:focus').waitFor();
  await page.keyboard.press('Enter');
  await page.locator('#ask-body', { hasText: /3 sent/ }).waitFor();
  await page.keyboard.press('Enter');

  // The map, with what is wrong and what to do about it.
  await page.locator('#bus .problems', { hasText: 'nobody takes goals' }).waitFor();
  assert.match(await page.locator('#bus').innerText(), /heddle-ts|pipeline/);
  assert.match(await page.locator('#map').innerText(), /bus <script>/);
  assert.equal(await page.locator('main script, main img').count(), 0);
  assert.equal(await page.evaluate('window.hurt'), undefined);

  // A goal, with its stage as it comes.
  await goalTaker(bus);
  await page.locator('#kind').selectOption('goal');
  await page.locator('#instruction').fill(`Look after ${HOSTILE}`);
  await page.locator('#body').fill('{"order": 7}');
  await page.locator('#send-go').press('Enter');
  const goal = page.locator('#jobs > li', { hasText: 'goal: Look after <script>' });
  await goal.locator('.stages li', { hasText: /completed stage a$/ }).waitFor();
  await goal.locator('.stages li', { hasText: 'answered by pipeline' }).waitFor();

  await page.locator('#rate-plot path').first().waitFor({ state: 'attached' });
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    assert.deepEqual(
      await page.evaluate(TOO_FAINT),
      [],
      `${colorScheme}: every text stands out from what is behind it`,
    );
  }
  await page.setViewportSize({ width: 360, height: 780 });
  assert.deepEqual(await page.evaluate(TOO_WIDE), [], 'nothing is wider than the screen');

  await page.getByRole('button', { name: 'Log out' }).press('Enter');
  await page.locator('#token:focus').waitFor();
  assert.equal(await page.evaluate('sessionStorage.length + localStorage.length + document.cookie.length'), 0);
  assert.deepEqual(faults, []);
  await context.close();
}

/** Gives the very characters of the payload back: no reader of JSON stands between that would round them. */
function answerDigits(bus: Transport): void {
  bus.subscribe(
    'heddle.tasks.digits.local',
    ({ data }) => {
      const text = Buffer.from(data).toString();
      const { task_id: id, parent_task_id: parent } = JSON.parse(text) as Record<string, string>;
      const head = { task_id: id, parent_task_id: parent, worker_type: 'digits', status: 'completed', error: null };
      const result = joined({ ...head, processing_time_ms: 31 }, 'output', rawValue(text, 'payload'));
      bus.publish(`heddle.results.${parent}`, result);
    },
    { queue: 'processors-digits' },
  );
}

/** As somebody gets there who has no mouse. */
async function tabTo(page: Page, id: string): Promise<void> {
  for (let steps = 0; steps < 40; steps += 1) {
    if ((await page.evaluate('document.activeElement?.id')) === id) return;
    await page.keyboard.press('Tab');
  }
  assert.fail(`${id} is not reached by Tab`);
}

/** Texts whose contrast with their ground is below what WCAG asks for (AA). */
const TOO_FAINT = `(() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = (color) => {
    const [r, g, b] = color.map((part) => (part / 255 <= 0.03928 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = rgba(getComputedStyle(at).backgroundColor);
      if (color[3] === 255) return color;
    }
    return [255, 255, 255];
  };
  return [...document.querySelectorAll('body *')]
    .filter((each) => each.checkVisibility() && [...each.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== ''))
    .flatMap((each) => {
      const [x, y] = [light(rgba(getComputedStyle(each).color)), light(ground(each))].sort((a, b) => b - a);
      const ratio = (x + 0.05) / (y + 0.05);
      return ratio >= 4.5 ? [] : [each.tagName + ' ' + each.textContent.slice(0, 40) + ': ' + ratio.toFixed(2)];
    });
})()`;

const TOO_WIDE = `[...document.querySelectorAll('main *, header *')]
  .filter((each) => each.checkVisibility() && each.closest('thead, nav, pre, .live summary, datalist') === null)
  .filter((each) => each.getBoundingClientRect().right > innerWidth + 0.5)
  .map((each) => each.tagName + ' ' + each.textContent.slice(0, 40))`;
