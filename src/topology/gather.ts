import type { BusServer, Connection, ServerPage } from './connection.ts';

/** Puts pages of several servers together; knows what is still missing. */
export class Gathering {
  readonly #servers = new Map<string, { server: BusServer; total: number; offsets: Set<number> }>();
  readonly #connections = new Map<string, Connection>();

  add(page: ServerPage): void {
    const known = this.#servers.get(page.server.id);
    if (known === undefined) {
      this.#servers.set(page.server.id, { server: page.server, total: page.total, offsets: new Set([page.offset]) });
    } else {
      known.total = Math.max(known.total, page.total);
      known.offsets.add(page.offset);
    }
    // A client that came or went between two pages shifts the others: one may stand in both.
    for (const each of page.connections) this.#connections.set(`${each.serverId} ${each.cid}`, each);
  }

  get servers(): BusServer[] {
    return [...this.#servers.values()].map(({ server }) => server);
  }

  get connections(): Connection[] {
    return [...this.#connections.values()];
  }

  /** How many servers have connections at this offset and did not yet send them. */
  lacking(offset: number): number {
    let lacking = 0;
    for (const { total, offsets } of this.#servers.values()) {
      if (offset < total && !offsets.has(offset)) lacking += 1;
    }
    return lacking;
  }

  get mostConnections(): number {
    return Math.max(0, ...[...this.#servers.values()].map(({ total }) => total));
  }

  /** Servers linked as leaf nodes, by the name they gave, which is their id where they have none; undefined where they gave none. */
  get leafNodes(): (string | undefined)[] {
    return this.connections.filter((each) => each.kind === 'Leafnode').map((each) => each.name);
  }

  /** What this gathering cannot show, in words. */
  gaps(pageSize: number): string[] {
    const gaps: string[] = [];
    for (const { server, total, offsets } of this.#servers.values()) {
      const pages = Math.max(1, Math.ceil(total / pageSize));
      if (offsets.size < pages) {
        gaps.push(
          `server ${server.name ?? server.id} sent ${offsets.size} of ${pages} pages of its ${total} connections`,
        );
      }
    }
    const unlisted = this.connections.reduce((sum, each) => sum + (each.kind === 'Client' ? each.unlisted : 0), 0);
    if (unlisted > 0) gaps.push(`${unlisted} subscriptions were counted by the server and not listed`);
    const answered = new Set(this.servers.flatMap(({ id, name }) => [id, name]));
    const leaves = this.leafNodes.filter((name) => name !== undefined && !answered.has(name)).length;
    const unnamed = this.#servers.size === 1 && this.leafNodes.includes(undefined) ? 1 : 0;
    if (leaves + unnamed > 0)
      gaps.push('a leaf node is linked that did not answer: who listens behind it is not shown');
    return gaps;
  }
}
