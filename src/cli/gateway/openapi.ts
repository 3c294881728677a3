import { command } from '../command.ts';
import { EXIT } from '../exit.ts';
import { text } from '../flags/flag.ts';
import { flagGroup } from '../flags/group.ts';
import type { Formats } from '../output-format.ts';
import { DEFAULT_CONFIG } from './flags.ts';

const FORMATS = {
  human: (session) => (document) => session.print(JSON.stringify(document, null, 2)),
  json: (session) => (document) => session.json(document),
} satisfies Formats<(document: unknown) => void>;

const DESCRIBED = flagGroup({
  heading: 'Described:',
  flags: { config: text('--config <file>', `the gateway's config (default ${DEFAULT_CONFIG}, when it exists)`) },
});

/** The very document that a running gateway serves, made without one. */
export const gatewayOpenApi = command({
  formats: FORMATS,
  connects: false,
  examples: [
    ['heddle-ts gateway openapi > openapi.json', 'the description of all that a gateway can serve'],
    ['heddle-ts gateway openapi --config gateway.yaml -o json', 'of what this config serves, on one line'],
  ],
  groups: [DESCRIBED],
  run: async (session, _args, { config }) => {
    const [{ loadGateway, placeOf }, { openApiOf }, { describedRoutes }, { VERSION }] = await Promise.all([
      import('./load.ts'),
      import('../../gateway/openapi.ts'),
      import('../../gateway/routes/list.ts'),
      import('../../version.ts'),
    ]);
    const { config: read } = loadGateway(session, placeOf(session, config));
    FORMATS[session.format](session)(openApiOf(describedRoutes(read), { version: VERSION, url: read.publicUrl }));
    return EXIT.ok;
  },
});
