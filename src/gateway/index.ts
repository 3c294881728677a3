/** HTTP for a bus: for programs. */
export type { AccessEvent } from '../http/service.ts';
export type { GatewayEvent, StoreKind } from './events.ts';
export { type ServedGateway, type ServeGatewayOptions, serveGateway } from './sdk.ts';
