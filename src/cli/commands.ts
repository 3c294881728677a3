import type { CommandEntry } from './command.ts';

/** Every command, in the order `--help` shows them. test/architecture.test.ts holds this list to its folder. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'preflight',
    summary: 'Check this machine, the connection and the bus, with the cause and the remedy',
    load: async () => (await import('./preflight/command.ts')).preflight,
  },
  {
    name: 'status',
    summary: 'Show who is on the bus: routers, workers, listeners, and what is wrong',
    load: async () => (await import('./status/command.ts')).status,
  },
  {
    name: 'validate',
    summary: 'Check configs, payloads and messages, with the place, the reason and the remedy',
    load: async () => (await import('./validate/command.ts')).validate,
  },
  {
    name: 'submit',
    summary: 'Send a task or a goal, know whether anybody heard it, see it through',
    load: async () => (await import('./submit/command.ts')).submit,
  },
  {
    name: 'tail',
    summary: 'Watch results and dead letters, and say what was missed',
    load: async () => (await import('./tail/command.ts')).tail,
  },
  {
    name: 'top',
    summary: 'See the bus live on the whole terminal: workers, tasks, goals, dead letters, messages',
    load: async () => (await import('./top/command.ts')).top,
  },
  {
    name: 'dead-letter',
    summary: 'Keep failed work, understand it in groups, send it again without doubling any',
    verbs: async () => (await import('./deadletter/verbs.ts')).VERBS,
  },
  {
    name: 'worker',
    summary: 'Run a processor: a handler in JavaScript, a program in any language, or an echo',
    load: async () => (await import('./worker/command.ts')).worker,
  },
  {
    name: 'router',
    summary: 'Run the deterministic task router',
    load: async () => (await import('./router/command.ts')).router,
  },
  {
    name: 'gateway',
    summary: 'Serve HTTP for a bus: tasks and goals by request, verified webhooks, honest answers',
    load: async () => (await import('./gateway/command.ts')).gateway,
    verbs: async () => (await import('./gateway/verbs.ts')).GATEWAY_VERBS,
  },
  {
    name: 'dev',
    summary: 'Run a bus, a router and workers in one process, for local work',
    load: async () => (await import('./dev/command.ts')).dev,
  },
  {
    name: 'reload',
    summary: 'Ask every actor to read its config again',
    load: async () => (await import('./reload/command.ts')).reload,
  },
  {
    name: 'acl',
    summary: 'Print what a NATS server must allow to each part of Heddle',
    load: async () => (await import('./acl/command.ts')).acl,
  },
  {
    name: 'completion',
    summary: 'Print a completion script for bash, zsh or fish',
    load: async () => (await import('./completion/command.ts')).completion,
    verbs: async () => (await import('./completion/verbs.ts')).COMPLETION_VERBS,
  },
  {
    name: 'help',
    summary: 'Show the help of a command, or the whole command map as JSON',
    load: async () => (await import('./help/command.ts')).help,
  },
];
