import { hubScheme } from './github.ts';

/** Meta (WhatsApp, Messenger, Instagram): signed with the app's secret as GitHub signs; it asks for a `hub.challenge` first. */
export const meta = hubScheme('meta');
