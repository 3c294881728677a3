import { jsonReply, route } from '../../http/route.ts';
import type { AskCore } from '../core.ts';
import type { GatewayRoute } from '../gateway-route.ts';

/** What the gateway says of itself. */
export function aboutRoutes(ask: AskCore): readonly GatewayRoute[] {
  return [
    route({
      method: 'GET',
      path: '/v1/contract',
      summary: 'What is promised here, and within which limits.',
      scope: 'submit',
      responses: { 200: { description: 'the contract', type: 'application/json' } },
      run: () => jsonReply(200, ask().describe().contract),
    }),
    route({
      method: 'GET',
      path: '/v1/openapi.json',
      summary: 'This description, as OpenAPI 3.1.',
      responses: { 200: { description: 'the description', type: 'application/json' } },
      run: () => jsonReply(200, ask().describe().openapi),
    }),
  ];
}
