import { PRIORITIES, type Priority } from '../../../../contract/messages.ts';
import type { Section } from '../../section.ts';
import type { Mapped } from '../mapping.ts';
import { type TargetDefaults, type WorkTarget, workTargetOf } from '../work-target.ts';

/** What clients may start under a name of its own. */
export interface PlaybookConfig {
  /** As clients call it. */
  readonly path: string;
  readonly target: WorkTarget;
  readonly priority: Priority | undefined;
}

const PATH = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,127}$/;
const ref = (...pointer: string[]): Mapped => ({ kind: 'ref', pointer, otherwise: undefined });

/** `workload` is what the client sent with it; `callback_url` is where the result may be brought over HTTP. */
const DEFAULTS: TargetDefaults = {
  roots: ['playbook', 'workload', 'user', 'request_id', 'callback_url'],
  instruction: { kind: 'template', parts: ['Run the playbook ', ['playbook']] },
  context: {
    kind: 'object',
    members: [
      ['playbook', ref('playbook')],
      ['workload', ref('workload')],
      ['request_id', ref('request_id')],
      ['callback_url', ref('callback_url')],
    ],
  },
  payload: ref('workload'),
};

export function playbooks(top: Section): readonly PlaybookConfig[] {
  return top.named('playbooks').flatMap(({ name: path, key, value: section }): PlaybookConfig[] => {
    if (!PATH.test(path)) {
      section.object('bad-value', key, `the playbook '${path}' has no usable name`, 'use letters, digits and . _ / -');
    }
    const target = workTargetOf(section, DEFAULTS);
    const priority = section.choice('priority', PRIORITIES);
    section.finish();
    return target === undefined ? [] : [{ path, target, priority }];
  });
}
