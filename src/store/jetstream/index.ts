/** What a server is asked for, loaded at once when it is. */
export { JetStreamBucket } from './bucket.ts';
export { serverOn } from './server.ts';
export { standingStream, streamsWith } from './state.ts';
export { JetStreamStream } from './stream.ts';
export { JetStreamWorkQueue } from './work-queue.ts';
