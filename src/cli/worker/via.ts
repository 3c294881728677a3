import { resolve } from 'node:path';
import { isLoopback } from '../../config/listen.ts';
import { systemUuid } from '../../contract/ids.ts';
import { HeddleError } from '../../errors.ts';
import { openGate } from '../../worker/via/gate.ts';
import { type RunningVia, serveVia, type ViaOptions } from '../../worker/via/serve.ts';
import type { ValuesOf } from '../flags/group.ts';
import type { Session } from '../session.ts';
import { nodeFiles, readSettingsText } from '../settings/files.ts';
import type { VIA } from './flags.ts';

/** Takes tasks from a gateway. The token stands in the environment or a file, never in an argument. */
export async function serveOver(
  session: Session,
  { via = '', viaTokenFile }: ValuesOf<readonly [typeof VIA]>,
  options: Omit<ViaOptions, 'gate' | 'workerId'>,
): Promise<RunningVia> {
  const { io } = session;
  const url = readUrl(via);
  const written =
    viaTokenFile === undefined
      ? io.env.HEDDLE_GATEWAY_TOKEN
      : readSettingsText(nodeFiles, resolve(io.cwd, viaTokenFile), 'the token of the gateway');
  const token = written?.trim();
  if (token !== undefined && token !== '' && url.protocol === 'http:' && !isLoopback(url.hostname)) {
    session.talk.warn(`the token goes to ${url.host} unencrypted: whoever is on the way can read it; https keeps it`);
  }
  const gate = openGate({ url: url.href, token: token === '' ? undefined : token });
  // Names a process in the gateway's directory, to people.
  const workerId = `${options.settings.name.replaceAll(/[^\x21-\x7e]/g, '_').slice(0, 80)}-${systemUuid().slice(0, 8)}`;
  return await serveVia({ ...options, gate, workerId });
}

function readUrl(text: string): URL {
  if (URL.canParse(text)) {
    const url = new URL(text);
    if (/^https?:$/.test(url.protocol) && url.username + url.password + url.search + url.hash === '') return url;
  }
  throw new HeddleError('usage', '--via is no address of a gateway', {
    hint: 'Write https://host or http://127.0.0.1:8787; the token stands in HEDDLE_GATEWAY_TOKEN or --via-token-file.',
  });
}
