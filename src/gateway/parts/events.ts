import type { GatewayConfig } from '../../config/views/gateway-config/config.ts';
import type { Place } from '../../store/open.ts';
import { within } from '../../time/wait.ts';
import type { AskCore } from '../core.ts';
import { Clients } from '../hub/clients.ts';
import { Hub } from '../hub/hub.ts';
import { MemoryLog } from '../hub/memory-log.ts';
import { News } from '../hub/news.ts';
import { HubNumbers } from '../hub/numbers.ts';
import { eventRoutes, type Opened } from '../hub/routes.ts';
import { StreamLog } from '../hub/stream-log.ts';
import { Tickets } from '../hub/tickets.ts';
import { counter, gauge } from '../metrics.ts';
import { type Capabilities, rpcEventRoute } from '../noetl/event-route.ts';
import type { Part } from '../part.ts';

/** A frame that holds more could never be sent: a client may have no more than a MiB unsent. */
const MOST_BYTES = 512 * 1024;
const ENVELOPE_BYTES = 8 * 1024;

/** What happens, told to clients as it happens and again to those who come back. */
export function events(ask: AskCore, config: GatewayConfig): Part | undefined {
  if (!(config.events.enabled ?? config.requests)) return undefined;
  const numbers = new HubNumbers();
  let opened: (Opened & { readonly news: News }) | undefined;
  const standing = () => {
    if (opened === undefined) throw new Error('the hub is not open');
    return opened;
  };
  return {
    name: 'events',
    routes: [
      ...eventRoutes(ask, standing),
      rpcEventRoute(
        ask,
        () => standing().hub,
        () => capabilitiesOf(config),
      ),
    ],
    contract: ({ events: { keepS }, store, limits }) => ({
      events: {
        kept_s: keepS,
        survives: store.kind === 'memory' ? 'reconnects to this process' : WHERE_KEPT,
        order: 'of one log, each frame once; its id goes back as Last-Event-ID',
        ids: '<epoch>-<offset>; an id of another epoch, and one that is kept no more, is answered with reset',
        clients: limits.sseClients,
        unsent_bytes: 1024 * 1024,
        unsent_frames: 256,
      },
    }),
    fixed: ({ events: { enabled, keepS }, updates }) => ({
      'events.enabled': enabled ?? null,
      'events.keep_s': keepS,
      updates: updates ?? null,
    }),
    open: async () => {
      const { store, clock, bus, uuid, live, log } = ask();
      const { transport } = bus;
      const { name, store: kept, events } = live().config;
      const keepMs = events.keepS * 1000;
      const place: Place =
        store.kind === 'memory'
          ? { home: 'memory', clock }
          : { home: 'jetstream', bus: transport, clock, replicas: kept.replicas };
      let news: News | undefined;
      const hearing = async (): Promise<void> => await news?.begin();
      // On other replicas too: each keeps what it hears. Should it fail, whoever connects tries again.
      const hear = (): void => void hearing().catch(() => {});
      const hub = await Hub.open({
        name,
        numbers,
        hearing,
        failed: (thrown) => {
          const reason = thrown instanceof Error ? thrown.message : String(thrown);
          log({ kind: 'part_failed', part: 'events', reason });
        },
        clients: (connected) => Clients.open(place, { name, keepMs, clock }, connected, hear),
        log: async (listener) =>
          place.home === 'memory'
            ? new MemoryLog(uuid().replaceAll('-', '').slice(0, 12), keepMs, clock, listener)
            : await StreamLog.open(transport, { name, keepMs, replicas: kept.replicas, clock }, listener),
      });
      const tickets = await Tickets.open(place, name, clock, {
        session: (session) => ask().session(session),
        seal: (holder, salt) => live().holders.seal(holder, salt),
        unseal: (seal, salt) => live().holders.unseal(seal, salt),
      });
      const mostBytes = Math.min(kept.resultBytes, MOST_BYTES, transport.info.maxPayload - ENVELOPE_BYTES);
      const lost = (id: string, reason: string): void => log({ kind: 'notice_lost', id, reason });
      const updates = live().config.updates?.subjectPrefix;
      news = new News({ transport, store, hub, clock, mostBytes, updates, lost });
      opened = { hub, tickets, news };
      if (hub.clients.size > 0) hear();
    },
    authenticate: ({ query }) => {
      const ticket = query.get('ticket');
      if (ticket === null || opened === undefined) return undefined;
      return opened.tickets.use(ticket).then((holder) => {
        numbers.tickets.add(holder === undefined ? 'refused' : 'used');
        return holder;
      });
    },
    hub: () => standing().hub,
    named: (client, holder) => standing().hub.name(client, holder),
    answered: (record) => ask().store.unnote(record),
    families: () => [
      counter(
        'notices_total',
        'What clients are told of, by whether it could be kept for them.',
        numbers.notices.samples(),
      ),
      counter('notices_by_event_total', 'What was kept for clients, by its event.', numbers.byEvent.samples()),
      counter('event_streams_total', 'Streams of events, by how they began.', numbers.connections.samples()),
      counter('event_tickets_total', 'Tickets for streams of events.', numbers.tickets.samples()),
      gauge('event_clients', 'Streams of events that are open.', [[{}, opened?.hub.connected ?? 0]]),
    ],
    putAway: async (ms) => {
      if (opened === undefined) return;
      const { hub, tickets, news } = opened;
      // Closing has its share of the time, and is done also where the bus is gone and nothing can be kept.
      await within(ask().clock, news.putAway(ms / 2), ms * 0.75);
      await hub.close();
      await tickets.close();
    },
  };
}

function capabilitiesOf({ playbooks, subscriptions }: GatewayConfig): Capabilities {
  const started = playbooks.length > 0;
  return { playbooks: started, callbacks: started, subscriptions: subscriptions.length > 0, playbookState: started };
}

const WHERE_KEPT = 'any replica and its restart where the bus has JetStream; else reconnects to this process';
