import type { StreamInfo } from '@nats-io/jetstream';
import { sleep } from '../../time/wait.ts';
import { notThere } from '../failure.ts';
import { apiCodeOf, CODE, inWords } from './failure.ts';
import { patiently } from './patience.ts';
import type { Server } from './server.ts';

export async function streamState(server: Server, stream: string): Promise<StreamInfo['state']> {
  return (await standingStream(server, stream)).state;
}

/** Throws `no_match` where there is none. */
export async function standingStream(server: Server, stream: string): Promise<StreamInfo> {
  const found = await findStream(server, stream);
  if (found === undefined) throw notThere('stream', stream, server.bus.url);
  return found;
}

const APPEARS_MS = 5_000;
const LOOK_MS = 100;

/** For who hears that its name is taken: somebody makes it at this moment, and a cluster says that before it finds what is made. */
export async function appearingStream(server: Server, stream: string): Promise<StreamInfo> {
  const { clock } = server;
  if (clock === undefined) return await standingStream(server, stream);
  const until = clock.elapsed() + APPEARS_MS;
  for (;;) {
    const found = await findStream(server, stream);
    if (found !== undefined) return found;
    if (clock.elapsed() >= until) throw notThere('stream', stream, server.bus.url);
    await sleep(clock, LOOK_MS);
  }
}

export async function findStream({ manager, bus, clock }: Server, stream: string): Promise<StreamInfo | undefined> {
  try {
    return await patiently({ bus, clock }, () => manager.streams.info(stream));
  } catch (error) {
    if (apiCodeOf(error) === CODE.streamNotFound) return undefined;
    throw inWords(error, bus, `$JS.API.STREAM.INFO.${stream}`);
  }
}

export async function destroyStream({ manager, bus }: Server, stream: string): Promise<void> {
  try {
    await manager.streams.delete(stream);
  } catch (error) {
    if (apiCodeOf(error) === CODE.streamNotFound) return;
    throw inWords(error, bus, `$JS.API.STREAM.DELETE.${stream}`);
  }
}

/** Names of the streams that keep messages of this pattern, in the server's order. Throws when there is no JetStream. */
export async function streamsWith({ manager, bus, clock }: Server, pattern: string): Promise<string[]> {
  try {
    return await patiently({ bus, clock }, async () => {
      const names: string[] = [];
      for await (const name of manager.streams.names(pattern)) names.push(name);
      return names;
    });
  } catch (error) {
    throw inWords(error, bus, '$JS.API.STREAM.NAMES');
  }
}
