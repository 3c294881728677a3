import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import { skipWithoutNatsServer } from '../helpers/nats-server.ts';

const CHROMIUM = '/usr/bin/chromium';

/** A browser, and a bus that keeps things. */
export function skipWithoutBrowser(): string | false {
  return existsSync(CHROMIUM) ? skipWithoutNatsServer() : `no ${CHROMIUM} on this machine`;
}

export async function launch(): Promise<Browser> {
  // Nobody else's pages are shown in it, and in containers the sandbox cannot be made.
  return await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] });
}
