import type { ModelTier } from '../contract/messages.ts';

/** Exactly what will be published, and what a receipt says of it. */
export interface Prepared {
  readonly kind: 'task' | 'goal';
  readonly subject: string;
  /** The message as it goes on the wire. */
  readonly text: string;
  /** Bytes of it. */
  readonly bytes: number;
  /** The task's or the goal's. */
  readonly id: string;
  readonly parentId: string | null;
  readonly requestId: string | null;
  /** Of a task. */
  readonly workerType: string | undefined;
  readonly tier: ModelTier | undefined;
  readonly direct: boolean;
  /** Where the answer will come. */
  readonly resultSubject: string;
  readonly traceparent: string | undefined;
}
