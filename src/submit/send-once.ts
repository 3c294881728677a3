import { systemClock } from '../time/clock.ts';
import type { Transport } from '../transport/transport.ts';
import { openHeardProbe } from './heard.ts';
import type { Prepared } from './prepared.ts';
import { type Receipt, receiptOf } from './receipt.ts';
import { flushPublished } from './shared-flush.ts';

/**
 * Publishes one message and waits until the server has it. Throws when the server refused it, or the connection was lost
 * before it confirmed: then the message may or may not have arrived. Loads nothing of what waiting needs.
 */
export async function sendOnce(transport: Transport, prepared: Prepared, clock = systemClock): Promise<Receipt> {
  let unheard = false;
  const probe = openHeardProbe(transport, () => {
    unheard = true;
  });
  try {
    const begun = clock.elapsed();
    const reply = probe.replyFor(0);
    transport.publish(prepared.subject, prepared.text, reply === undefined ? undefined : { reply });
    await flushPublished(transport);
    const heard = probe.usable ? (unheard ? 'no' : 'yes') : 'unknown';
    return receiptOf(prepared, heard, clock.elapsed() - begun);
  } finally {
    probe.close();
  }
}
