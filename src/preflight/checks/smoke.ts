import { UNREAD_FRAME } from '../../contract/frame.ts';
import { type Check, failed, passed } from '../check.ts';

/** The one check that sends something: only where it is asked for. */
const task: Check = {
  id: 'smoke.task',
  group: 'smoke',
  title: 'a real task was sent and came back completed',
  level: 'required',
  needs: ['connection.authenticated'],
  applies: ({ ask }) => ask.smoke !== undefined,
  run: async (probe) => {
    const name = probe.ask.smoke?.type ?? '';
    const smoke = await probe.smoke();
    switch (smoke.end) {
      case 'completed':
        return passed(`SENT one task for ${name}; completed after ${smoke.ms} ms`);
      case 'failed':
        return failed({
          target: name,
          problem: `the task sent to ${name} came back failed after ${smoke.ms} ms: ${smoke.error}`,
          hint: 'The way there and back works.',
          remedy: { do: 'give-smoke-payload' },
        });
      case 'framed':
        return failed({
          target: name,
          problem: `the task sent to ${name} was answered (${smoke.status}) after ${smoke.ms} ms with ${UNREAD_FRAME}`,
          hint: 'Run routers, workers, pipelines and senders of one version of Heddle on a bus.',
        });
      case 'dead_letter':
        return failed({
          target: name,
          problem: `the router refused the task for ${name}: ${smoke.reason}`,
          hint: 'Read the reason: rate limits and tiers stand in the router rules.',
        });
      case 'unheard':
        return failed({
          target: name,
          problem: 'the task reached nobody: no router listens on heddle.tasks.incoming',
          remedy: { do: 'start-router', missed: 'by-smoke-test' },
        });
      case 'silent':
        return failed({
          target: name,
          problem: `no result from ${name} within ${Math.round(smoke.ms)} ms; the task may still run`,
          remedy: { do: 'trace-task', workerType: name },
          code: 'timeout',
        });
    }
  },
};

export const SMOKE_CHECKS: readonly Check[] = [task];
