import { type Check, failed, passed } from '../check.ts';

/** A task or result with a page of text in it; nats-server allows 1 MiB by default. */
const ENOUGH_BYTES = 64 * 1024;

export const connectionMaxPayload: Check = {
  id: 'connection.max_payload',
  group: 'connection',
  title: 'messages may be large enough',
  level: 'advisory',
  needs: ['connection.authenticated'],
  run: async (probe) => {
    const { maxPayload } = (await probe.transport()).info;
    if (maxPayload >= ENOUGH_BYTES) return passed(`up to ${sizeInWords(maxPayload)}`);
    return failed({
      problem: `the server takes messages of at most ${sizeInWords(maxPayload)} (max_payload); documents and results are often larger`,
      hint: 'Raise max_payload in the server (its default is 1MB), or pass large content by reference.',
    });
  },
};

function sizeInWords(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  return bytes < 1024 * 1024 ? `${Math.round(bytes / 102.4) / 10} KiB` : `${Math.round(bytes / 104_857.6) / 10} MiB`;
}
