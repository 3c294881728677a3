export const SCOPES = ['submit', 'events', 'callback', 'metrics', 'observe', 'admin'] as const;
/**
 * What a token allows: to send and to read what it sent; to be told of it; to bring results over HTTP; to read the metrics; to see who is on the bus and
 * all that passes there; to read what others sent, and to send failed work again.
 */
export type Scope = (typeof SCOPES)[number];
