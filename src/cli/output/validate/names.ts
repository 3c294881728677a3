/** Apart from list.ts, so that reading the command line loads no engine. The first is the default. */
export const FORMAT_NAMES = ['human', 'short', 'json', 'junit', 'sarif', 'github'] as const;
export type FormatName = (typeof FORMAT_NAMES)[number];
