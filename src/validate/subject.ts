import type { ConfigDocument } from '../config/document.ts';
import { type ConfigKind, configKind, type HeddleKind, heddleKind } from '../config/kind.ts';
import type { MapNode } from '../config/node.ts';
import { judgeGatewayConfig } from '../config/views/gateway-config/read.ts';
import type { Objection } from '../config/views/section.ts';
import { checkShape } from './shapes/check.ts';
import { SHAPES } from './shapes/list.ts';
import type { Mismatch } from './shapes/shape.ts';

/** One file under judgement: the document, what kind of config it is, and how it differs from that kind's shape. */
export class Subject {
  readonly document: ConfigDocument;
  /** Set when the root is a mapping with at least one key, as every config is. */
  readonly root: MapNode | undefined;
  readonly kind: ConfigKind | 'unknown';
  readonly heddle: HeddleKind;
  #mismatches: readonly Mismatch[] | undefined;

  constructor(document: ConfigDocument, forced?: ConfigKind) {
    const { root } = document;
    this.document = document;
    this.root = root?.kind === 'map' && root.entries.size > 0 ? root : undefined;
    this.heddle = heddleKind(this.root);
    this.kind = forced ?? configKind(this.root);
  }

  /** Compared once, however many rules look. */
  get mismatches(): readonly Mismatch[] {
    if (this.#mismatches === undefined) {
      this.#mismatches =
        this.root === undefined || this.kind === 'unknown'
          ? []
          : this.kind === 'gateway'
            ? gatewayVerdict(this.root).objections.flatMap(asMismatch)
            : checkShape(this.root, SHAPES[this.kind]);
    }
    return this.#mismatches;
  }
}

/**
 * The same answer for the same config, asked by one rule after another. Only the last is kept: rules go through one config
 * before the next comes, and a table of thousands would cost the garbage collector more than it saves.
 */
export function rememberLast<Key extends object, Value>(make: (key: Key) => Value): (key: Key) => Value {
  let last: { readonly key: Key; readonly value: Value } | undefined;
  return (key) => {
    if (last?.key !== key) last = { key, value: make(key) };
    return last.value;
  };
}

/** What the gateway's own reader says of its config: the gateway, and every rule about it, asks the same. */
export const gatewayVerdict = rememberLast((root: MapNode) => judgeGatewayConfig(root));

/** What is wrong with the shape; the rest has rules of its own. */
function asMismatch({ what, at, message, hint }: Objection): Mismatch[] {
  if (what !== 'missing-key' && what !== 'wrong-type' && what !== 'bad-value') return [];
  return [{ what, at, message, hint }];
}
