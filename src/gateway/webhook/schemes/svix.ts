import { standardScheme } from './standard-webhooks.ts';

/** Svix signs as Standard Webhooks does, which came of it, under header names of its own. */
export const svix = standardScheme('svix', 'svix-');
