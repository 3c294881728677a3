import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type NatsServer, natsServerFor } from '../helpers/nats-server.ts';
import { freePort } from '../helpers/ports.ts';
import { startProgram } from '../helpers/program.ts';
import { heddle, type PythonProcess, python } from './heddle.ts';

const PATIENCE_MS = 30_000;

/** A nats-server with real Heddle actors on it. Each start resolves when the server has the actor's subscription. */
export interface HeddleBus {
  readonly server: NatsServer;
  readonly url: string;
  /** With the credentials of an actor in it. */
  urlFor(role: ActorRole): string;
  router(rules?: string): Promise<PythonProcess>;
  processor(name: string, options?: ProcessorOptions): Promise<PythonProcess>;
  /** An LLM worker; no model stands behind it. */
  llmWorker(name: string): Promise<PythonProcess>;
  pipeline(name: string, stages: string): Promise<PythonProcess>;
  orchestrator(): Promise<PythonProcess>;
  /** A worker that somebody wrote, rightly or not; test/interop/python/answers.py has the ways. */
  foreignWorker(name: string, way: string, options?: { queue?: string; tier?: string }): Promise<PythonProcess>;
  /** Ours, and what keeps the dead letters of a healthy bus. */
  deadLetters(): Promise<void>;
  /** Resolves when so many subscriptions match a subject, as the server counts them. */
  heard(subject: string, many: number): Promise<void>;
  count(subject: string): Promise<number>;
}

export interface ProcessorOptions {
  readonly backend?: 'Echo' | 'Forgetful' | 'Stuck' | 'Large';
  readonly tier?: string;
}

export type ActorRole = 'router' | 'worker' | 'pipeline' | 'operator';

export interface BusOptions {
  /** More text of the server's configuration. */
  readonly config?: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly program?: string | undefined;
  /** `user:password@` of an actor, where the server asks for it. */
  readonly user?: (role: ActorRole) => string;
}

/** A stage for each worker, one after the other. */
export function stages(...workers: readonly string[]): string {
  const stage = (worker: string, at: number): string =>
    [
      `  - name: ${worker}`,
      `    worker_type: ${worker}`,
      '    tier: local',
      '    timeout_seconds: 3',
      `    input_mapping: { text: ${at === 0 ? 'goal.context.text' : `${workers[at - 1]}.output.text`} }`,
    ].join('\n');
  return `pipeline_stages:\n${workers.map(stage).join('\n')}\n`;
}

export async function heddleBus(t: TestContext, folder: string, options: BusOptions = {}): Promise<HeddleBus> {
  const monitor = await freePort();
  const config = `http: "127.0.0.1:${monitor}"\n${options.config ?? ''}`;
  const server = await natsServerFor(t, { config, files: options.files, program: options.program });
  const urlFor = (role: ActorRole): string => server.url.replace('://', `://${options.user?.(role) ?? ''}`);

  const count = async (subject: string): Promise<number> => {
    const answer = await fetch(
      `http://127.0.0.1:${monitor}/subsz?subs=1&test=${encodeURIComponent(subject)}&limit=1000`,
    );
    const { subscriptions_list: list } = (await answer.json()) as { subscriptions_list?: { subject: string }[] };
    return list?.length ?? 0;
  };
  const until = async (subject: string, many: number, actor?: PythonProcess): Promise<void> => {
    const from = performance.now();
    while ((await count(subject)) < many) {
      if (actor?.running() === false) throw new Error(`it ended before it listened on ${subject}:\n${actor.log()}`);
      if (performance.now() - from > PATIENCE_MS) {
        throw new Error(`${subject} has not ${many} listeners after ${PATIENCE_MS} ms:\n${actor?.log() ?? ''}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const ready = async (subject: string, start: () => PythonProcess): Promise<PythonProcess> => {
    const before = await count(subject);
    const actor = start();
    await until(subject, before + 1, actor);
    return actor;
  };
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return name;
  };
  const reach = (role: ActorRole): string[] => ['--nats-url', urlFor(role), '--skip-preflight'];

  return {
    server,
    url: server.url,
    urlFor,
    count,
    heard: (subject, many) => until(subject, many),
    router: (rules = 'tier_overrides: {}\nrate_limits: {}\n') =>
      ready('heddle.tasks.incoming', () =>
        heddle(t, ['router', '--config', file('router_rules.yaml', rules), ...reach('router')], folder),
      ),
    processor: (name, { backend = 'Echo', tier = 'local' } = {}) =>
      ready(`heddle.tasks.${name}.${tier}`, () => {
        const config = file(`${name}.yaml`, workerConfig(name, backend));
        return heddle(t, ['processor', '--config', config, '--tier', tier, ...reach('worker')], folder);
      }),
    llmWorker: (name) =>
      ready(`heddle.tasks.${name}.local`, () => {
        const config = file(`${name}-llm.yaml`, `name: ${name}\nsystem_prompt: help\ndefault_model_tier: local\n`);
        return heddle(t, ['worker', '--config', config, '--tier', 'local', ...reach('worker')], folder);
      }),
    pipeline: (name, text) =>
      ready('heddle.goals.incoming', () =>
        python(
          t,
          'actors.py',
          ['pipeline', file(`${name}.yaml`, `name: ${name}\n${text}`), urlFor('pipeline')],
          folder,
        ),
      ),
    orchestrator: () =>
      ready('heddle.goals.incoming', () =>
        python(t, 'actors.py', ['orchestrator', file('desk.yaml', ORCHESTRATOR), urlFor('pipeline')], folder),
      ),
    foreignWorker: (name, way, { queue = `processors-${name}`, tier = 'local' } = {}) =>
      ready(`heddle.tasks.${name}.local`, () =>
        python(t, 'answers.py', [way, urlFor('worker'), `heddle.tasks.${name}.${tier}`, queue], folder),
      ),
    async deadLetters() {
      const before = await count('heddle.tasks.dead_letter');
      startProgram(t, ['tail', 'heddle.tasks.dead_letter', '--nats-url', urlFor('operator')], { cwd: folder });
      await until('heddle.tasks.dead_letter', before + 1);
    },
  };
}

export function workerConfig(name: string, backend: string): string {
  return [
    `name: ${name}`,
    'worker_kind: processor',
    `processing_backend: backends.${backend}`,
    'default_model_tier: local',
    'input_schema: { type: object }',
    'output_schema: { type: object }',
    '',
  ].join('\n');
}

const ORCHESTRATOR = `name: desk
system_prompt: plan
timeout_seconds: 5
available_workers:
  - { name: echo, description: gives back what it gets }
`;
