import { type Clock, systemClock } from '../time/clock.ts';
import type { Transport } from '../transport/transport.ts';
import type { Bucket } from './bucket.ts';
import type { DirectoryOptions } from './directory/kept-folder.ts';
import { LONGEST_ON_SERVERS, refuseName } from './guards.ts';
import type { Exactness, Keeping } from './jetstream/config.ts';
import type { Stream } from './stream.ts';
import type { Fading } from './table.ts';
import type { WorkQueue, WorkQueueOptions } from './work-queue.ts';

/** Where something is kept. Each home is loaded when something is opened there, and the packages of JetStream with it. */
export type Place =
  | { readonly home: 'memory'; readonly clock?: Clock | undefined; readonly fading?: Fading | undefined }
  | ({ readonly home: 'directory' } & DirectoryOptions)
  | ({ readonly home: 'jetstream'; readonly bus: Transport; readonly clock?: Clock | undefined } & Keeping & Exactness);

/** Opening makes nothing and takes nothing: see `Stream.ensure`. */
export async function openStream(place: Place, name: string): Promise<Stream> {
  refuseName('stream', name);
  switch (place.home) {
    case 'memory':
      return new (await import('./memory/stream.ts')).MemoryStream(name, place.clock);
    case 'directory':
      return new (await import('./directory/stream.ts')).DirectoryStream(name, place);
    case 'jetstream': {
      const { JetStreamStream, serverOn } = await import('./jetstream/index.ts');
      const { bus, replicas, storage, clock = systemClock } = place;
      return new JetStreamStream(name, await serverOn(bus, clock), { replicas, storage }, clock);
    }
  }
}

/** As for a stream. */
export async function openBucket(place: Place, name: string): Promise<Bucket> {
  refuseName('bucket', name);
  switch (place.home) {
    case 'memory':
      return new (await import('./memory/bucket.ts')).MemoryBucket(name, place.clock, place.fading);
    case 'directory':
      return new (await import('./directory/bucket.ts')).DirectoryBucket(name, place);
    case 'jetstream': {
      const { JetStreamBucket, serverOn } = await import('./jetstream/index.ts');
      const { bus, replicas, storage, exact, clock = systemClock } = place;
      return new JetStreamBucket(name, await serverOn(bus, clock), { replicas, storage, exact }, clock);
    }
  }
}

/** Throws `no_match` when there is no JetStream, as everything does that is asked of it then. */
export async function openWorkQueue(bus: Transport, options: WorkQueueOptions, clock: Clock): Promise<WorkQueue> {
  refuseName('stream', options.name, LONGEST_ON_SERVERS);
  const { JetStreamWorkQueue, serverOn } = await import('./jetstream/index.ts');
  return new JetStreamWorkQueue(await serverOn(bus, clock), options, clock);
}

/**
 * The streams on a server that keep messages of this pattern. Throws `no_match` when there is no JetStream. With a clock, a cluster that
 * is choosing a leader is asked again; without one it is asked once.
 */
export async function streamsCapturing(bus: Transport, pattern: string, clock?: Clock): Promise<readonly string[]> {
  const { serverOn, streamsWith } = await import('./jetstream/index.ts');
  return await streamsWith(await serverOn(bus, clock), pattern);
}

/** The subjects that a stream on a server keeps, whoever made it and whatever it is called. Throws `no_match` when it is not there. */
export async function subjectsKept(bus: Transport, name: string, clock: Clock): Promise<readonly string[]> {
  const { serverOn, standingStream } = await import('./jetstream/index.ts');
  return (await standingStream(await serverOn(bus, clock), name)).config.subjects ?? [];
}
