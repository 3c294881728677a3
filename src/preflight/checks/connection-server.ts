import { isHeddleError } from '../../errors.ts';
import { adviceOf } from '../../remedy.ts';
import { isForDevelopment, TELLS_SINCE } from '../../transport/capabilities.ts';
import { type Check, failed, passed, skipped } from '../check.ts';
import { saidOf } from '../probe.ts';

const roundTrip: Check = {
  id: 'connection.rtt',
  group: 'connection',
  title: 'the server answers quickly',
  level: 'advisory',
  needs: ['connection.authenticated'],
  run: async (probe) => {
    let ms: number;
    try {
      ms = await probe.rtt();
    } catch (error) {
      if (!isHeddleError(error)) throw error;
      // Slow is a warning; no answer at all is none.
      return failed({ problem: error.message, ...adviceOf(error), code: error.code, level: 'required' });
    }
    const shown = `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
    if (ms <= probe.ask.rttWarnMs) return passed(`round trip ${shown}`);
    return failed({
      problem: `a round trip takes ${shown}, more than ${probe.ask.rttWarnMs} ms`,
      hint: 'Every hop of a task pays this.',
      remedy: { do: 'shorten-way' },
    });
  },
};

const version: Check = {
  id: 'connection.version',
  group: 'connection',
  title: 'the server is recent enough',
  level: 'advisory',
  needs: ['connection.authenticated'],
  run: async (probe) => {
    const { info } = await probe.transport();
    if (isForDevelopment(info)) return passed(`${info.version}, a development server: not for production`);
    // Servers that tell who is connected speak headers, too.
    if (info.can.connz) return passed(`nats-server ${info.version}`);
    return failed({
      problem: `the server is version ${info.version}, older than ${TELLS_SINCE.connz.join('.')}`,
      hint: 'It does not tell who listens, so the checks of the bus cannot run. Upgrade nats-server.',
    });
  },
};

/** A task or result with a page of text in it; nats-server allows 1 MiB by default. */
const ENOUGH_BYTES = 64 * 1024;

const maxPayload: Check = {
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

const headers: Check = {
  id: 'connection.headers',
  group: 'connection',
  title: 'the server knows message headers',
  level: 'advisory',
  needs: ['connection.authenticated'],
  run: async (probe) =>
    (await probe.transport()).info.headers
      ? passed()
      : failed({
          problem: 'the server does not support headers, so nobody is told when a message reaches no listener',
          hint: 'Remove no_header_support from the server configuration, or upgrade nats-server.',
        }),
};

/** Heddle is core NATS only, so its absence is no fault unless somebody counts on it. */
const jetstream: Check = {
  id: 'connection.jetstream',
  group: 'connection',
  title: 'JetStream is as expected',
  level: 'advisory',
  needs: ['connection.authenticated'],
  run: async (probe) => {
    if ((await probe.transport()).info.jetstream) return passed('on; Heddle does not use it');
    if (!probe.ask.expectations.some(({ kind }) => kind === 'jetstream')) {
      return passed("off; Heddle needs none ('nats stream ls' fails here, and proves nothing)");
    }
    return failed({
      problem: `JetStream is expected${saidOf(probe.ask, 'jetstream')}, and the server runs without it`,
      hint: "Start it with 'nats-server -js', or a jetstream block in its configuration. Heddle itself needs none.",
    });
  },
};

const TOLERATED_MS = 2000;

const clock: Check = {
  id: 'connection.clock',
  group: 'connection',
  title: "our clock agrees with the server's",
  level: 'advisory',
  needs: ['connection.authenticated'],
  run: async (probe) => {
    const { map, askedAt, answeredAt } = await probe.map();
    const stamps = map.known
      ? map.servers.flatMap(({ id, name, time }) =>
          time === undefined ? [] : [{ who: name ?? id, at: Date.parse(time) }],
        )
      : [];
    const told = stamps.filter(({ at }) => Number.isFinite(at));
    if (told.length === 0) return skipped('the server did not tell its time');
    // The stamp was made somewhere between question and answer: only what is outside counts.
    const skews = told.map(({ who, at }) => ({ who, ms: at < askedAt ? at - askedAt : Math.max(0, at - answeredAt) }));
    const worst = skews.reduce((a, b) => (Math.abs(b.ms) > Math.abs(a.ms) ? b : a));
    if (Math.abs(worst.ms) <= TOLERATED_MS)
      return passed(worst.ms === 0 ? 'no difference' : `${Math.round(Math.abs(worst.ms))} ms apart`);
    return failed({
      target: worst.who,
      problem: `our clock is ${(Math.abs(worst.ms) / 1000).toFixed(1)} s ${worst.ms < 0 ? 'ahead of' : 'behind'} that of ${worst.who}`,
      hint: 'Timestamps of messages mislead, and credentials expire early or late. Turn on time synchronisation (NTP) here or there.',
    });
  },
};

/** What the server that let us in is like. */
export const SERVER_CHECKS: readonly Check[] = [roundTrip, version, maxPayload, headers, jetstream, clock];

function sizeInWords(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  return bytes < 1024 * 1024 ? `${Math.round(bytes / 102.4) / 10} KiB` : `${Math.round(bytes / 104_857.6) / 10} MiB`;
}
