import type { BusEvent } from '../transport/transport.ts';
import { disarmLine } from './screen/disarm.ts';
import type { Talk } from './talk.ts';

/** Connection news for stderr. What it means for the messages stands in the stream itself, as gaps. */
export function tellNews(talk: Talk): (event: BusEvent) => void {
  let away = false;
  return (event) => {
    switch (event.kind) {
      case 'disconnected': {
        away = true;
        const why = event.reason === undefined ? '' : `: ${disarmLine(event.reason)}`;
        return talk.info(`lost the connection to ${event.server}${why}; reconnecting`);
      }
      case 'reconnecting': {
        const why = 'reason' in event && typeof event.reason === 'string' ? `: ${disarmLine(event.reason)}` : '';
        return talk.detail(`trying ${event.server}${why}`);
      }
      case 'reconnected':
        if (away) talk.info(`connected again to ${event.server}`);
        away = false;
        return;
      case 'stale':
        return talk.info(`${event.server} does not answer`);
      case 'slow_consumer':
        return talk.info('the server cuts us off: we read too slowly');
      case 'lame_duck':
        return talk.info(`${event.server} is about to leave`);
      case 'permission':
      case 'error':
        return talk.warn(disarmLine(event.error.message));
      case 'closed':
        return;
    }
  };
}
