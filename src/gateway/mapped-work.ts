import type { WorkTarget } from '../config/views/gateway-config/work-target.ts';
import type { Priority } from '../contract/messages.ts';
import { gatewayProblem } from './problems.ts';
import type { Work } from './requests/order.ts';
import { render, type SourceDocument } from './webhook/render.ts';

/** The work that a mapping makes of what came in. Throws `unmapped_delivery`. */
export function mappedWork(target: WorkTarget, priority: Priority | undefined, source: SourceDocument): Work {
  if (target.to === 'goal') {
    const instruction = JSON.parse(render(target.instruction, source)) as string;
    if (instruction.trim() === '') throw unmapped('/instruction', 'is empty');
    return { kind: 'goal', instruction, priority, context: objectText(render(target.context, source), '/context') };
  }
  return {
    kind: 'task',
    workerType: target.workerType,
    tier: target.tier,
    priority,
    payload: objectText(render(target.payload, source), '/payload'),
    metadata: target.metadata === undefined ? undefined : objectText(render(target.metadata, source), '/metadata'),
  };
}

function objectText(text: string, pointer: string): string {
  // It is JSON: its first character says what it is.
  if (text.startsWith('{')) return text;
  throw unmapped(pointer, 'must be an object');
}

function unmapped(pointer: string, what: string) {
  return gatewayProblem('unmapped_delivery', {
    detail: `what the mapping makes of what came in cannot be sent: ${pointer} ${what}`,
    errors: [{ pointer, problem: what }],
  });
}
