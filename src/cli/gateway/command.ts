import type { GatewayInput } from '../../gateway/core.ts';
import { command } from '../command.ts';
import { EXIT } from '../exit.ts';
import { namingFlag } from '../flags/flag.ts';
import { LOG_FORMATS, logFormatOf } from '../log/formats.ts';
import { disarmLine } from '../screen/disarm.ts';
import { untilStopped } from '../until-stopped.ts';
import { DEFAULT_CONFIG, DEFAULT_CONFIGS, GATEWAY, WATCHING } from './flags.ts';
import { refuseUnnamed } from './unnamed.ts';

/** What is served where nobody wrote down what. */
function usualWords({ inputs }: GatewayInput): string {
  const types = [...(inputs?.keys() ?? [])].sort().map(disarmLine);
  const held =
    types.length === 0
      ? `no workers below ${DEFAULT_CONFIGS}/, so that a payload is held to nothing`
      : `payloads are held to the input schemas below ${DEFAULT_CONFIGS}/ (${types.join(', ')})`;
  return `no ${DEFAULT_CONFIG}: tasks and goals on this machine alone; ${held}`;
}

/** HTTP for a bus: tasks and goals by request, webhooks, honest answers. */
export const gateway = command({
  formats: LOG_FORMATS,
  connects: true,
  examples: [
    ['heddle-ts gateway', `by ${DEFAULT_CONFIG}; without it, requests on 127.0.0.1:8787`],
    ['heddle-ts gateway --config gateway.yaml -o ndjson', 'an access log of JSON lines'],
    ['heddle-ts gateway check gateway.yaml', 'what is wrong with a config, and what it promises'],
    ['kill -HUP <pid>', 'reads config and secrets again; bad ones change nothing'],
  ],
  groups: [GATEWAY, WATCHING],
  run: async (session, _args, { config, listen, trustProxy, grace, logFormat }) => {
    const [{ runGateway }, { createLog }, { loadGateway, placeOf, secretsOf, warnOpen }, { adviceText }, { VERSION }] =
      await Promise.all([
        import('../../gateway/run.ts'),
        import('../log/log.ts'),
        import('./load.ts'),
        import('../remedies.ts'),
        import('../../version.ts'),
      ]);
    const place = placeOf(session, config);
    const named = config !== undefined;
    const load = () => {
      const { config, ...schemas } = loadGateway(session, place);
      if (place.shown !== undefined && !named) refuseUnnamed(place.shown, config);
      const trusts = trustProxy || config.trustProxy;
      return { ...schemas, config: { ...config, listen: listen ?? config.listen, trustProxy: trusts } };
    };
    const input = load();
    if (place.shown === undefined) session.talk.info(usualWords(input));
    const log = createLog(session, logFormatOf(session.format, logFormat));
    const transport = await session.connect({ name: `heddle-ts gateway ${input.config.name}`, reconnect: true });
    transport.onEvent((event) => log({ kind: 'bus', who: 'gateway', event }));
    // Nothing is served yet: what it still waits for of the bus need not come.
    const leave = (): void => void transport.close();
    session.stop.addEventListener('abort', leave, { once: true });
    const running = await runGateway(transport, {
      ...input,
      secrets: secretsOf(session, place),
      version: VERSION,
      clock: session.io.clock,
      platform: session.io.platform,
      log,
      words: adviceText,
      reload: async () => load(),
    }).catch((thrown: unknown) => {
      if (session.stop.aborted) return undefined;
      throw listen === undefined ? thrown : namingFlag('--listen', thrown);
    });
    session.stop.removeEventListener('abort', leave);
    if (running === undefined) return EXIT.ok;
    // A signal that came meanwhile is answered below: what has begun to listen must be drained.
    warnOpen(session, input.config);
    session.atEnd(session.io.onSignal('SIGHUP', () => void running.reload()));
    const failure = await Promise.race([running.closed, untilStopped(session)]);
    await running.drain(grace);
    if (failure !== undefined) throw failure;
    return EXIT.ok;
  },
});
