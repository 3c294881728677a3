export const SCOPES = ['submit', 'events', 'callback', 'metrics', 'admin'] as const;
/** What a token allows: to send and to read what it sent; to be told of it; to bring results over HTTP; to read the metrics; to read what others sent. */
export type Scope = (typeof SCOPES)[number];
