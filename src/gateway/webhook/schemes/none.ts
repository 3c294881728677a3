import type { Scheme } from '../scheme.ts';

/** Everybody is believed; the config has to say that this is meant. */
export const none: Scheme = { proofHeaders: [], open: () => () => 'genuine' };
