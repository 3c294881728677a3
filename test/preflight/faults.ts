import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer as createHttp } from 'node:http';
import { type AddressInfo, connect as connectTcp, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { createServer as createTls } from 'node:tls';
import { startBroker } from '../../src/broker/broker.ts';
import type { BrokerOptions } from '../../src/broker/options.ts';
import { openStream } from '../../src/store/open.ts';
import { systemClock } from '../../src/time/clock.ts';
import { GATEWAY_WORKERS, wordText } from '../../src/topology/http-workers.ts';
import type { Permissions } from '../../src/transport/permissions.ts';
import { natsServerFor } from '../helpers/nats-server.ts';
import { freePort } from '../helpers/ports.ts';
import { newAuthority } from '../helpers/tls.ts';
import { wire } from '../helpers/wire.ts';
import { newOperator } from '../transport/nats-operator.ts';
import {
  type Actor,
  act,
  actAll,
  DEAD_LETTERS,
  GATEWAY,
  HEALTHY,
  llmWorker,
  ORCHESTRATOR,
  PIPELINE,
  processor,
  publisher,
  ROUTER,
} from './actors.ts';
import { blackHole } from './black-hole.ts';

const aMinuteAhead = { ...systemClock, now: () => systemClock.now() + 60_000 };

/** What `preflight` is run with, once the fault is there. */
export interface Situation {
  readonly argv: readonly string[];
  readonly env?: Record<string, string>;
}

export interface Fault {
  /** As the first column of the table in docs/checks.md shows it. */
  readonly fault: string;
  /** The checks that speak of it; everything else passes or is skipped. The table shows the first. */
  readonly checks: readonly string[];
  readonly exit: number;
  /** Only a real nats-server has it. */
  readonly real?: true;
  readonly linux?: true;
  /** Made with symbolic links, which Windows gives to few. */
  readonly posix?: true;
  /** Waits until the deadline; everything else answers within 3 s. */
  readonly deadline?: true;
  /** Makes the fault, in the folder that the program will run in. */
  make(t: TestContext, folder: string): Promise<Situation>;
}

/** The home of the user, below the folder that the program runs in. */
export const HOME = 'home';

export const FAULTS: readonly Fault[] = [
  {
    fault: 'address and password from different sources',
    checks: ['settings.one_source'],
    exit: 2,
    make: async (_t, folder) => {
      writeFileSync(join(folder, '.env'), 'NATS_URL=nats://10.9.8.7:4222\n');
      return { argv: [], env: { NATS_USER: 'ada', NATS_PASSWORD: 's3cret-s3cret' } };
    },
  },
  {
    fault: 'credentials file missing',
    checks: ['settings.valid'],
    exit: 2,
    make: async () => ({ argv: ['--nats-url', 'nats://127.0.0.1:4222', '--creds', 'nobody.creds'] }),
  },
  {
    fault: 'password in the URL',
    checks: ['settings.tidy'],
    exit: 0,
    make: async (t) => {
      const url = await healthyBroker(t, { users: [{ user: 'ada', password: 's3cret-s3cret' }] }, 'ada:s3cret-s3cret@');
      return { argv: ['--nats-url', url] };
    },
  },
  {
    fault: 'server down',
    checks: ['connection.reachable'],
    exit: 3,
    make: async () => ({ argv: ['--nats-url', `nats://127.0.0.1:${await freePort()}`] }),
  },
  {
    fault: 'unknown host name',
    checks: ['connection.resolves'],
    exit: 3,
    // Bounded for machines whose name servers do not answer at all.
    make: async () => ({ argv: ['--nats-url', 'nats://does-not-exist.invalid:4222', '--timeout', '2s'] }),
  },
  {
    fault: 'black hole: packets vanish',
    checks: ['connection.reachable'],
    exit: 3,
    linux: true,
    deadline: true,
    make: async (t) => ({ argv: ['--nats-url', `nats://127.0.0.1:${await blackHole(t)}`, '--timeout', '1s'] }),
  },
  {
    fault: 'not a NATS server (a web server)',
    checks: ['connection.speaks_nats'],
    exit: 3,
    make: async (t) => ({
      argv: [
        '--nats-url',
        `nats://127.0.0.1:${await listening(
          t,
          createHttp((_, response) => response.end('hello')),
        )}`,
      ],
    }),
  },
  {
    fault: 'no credentials',
    checks: ['connection.authenticated'],
    exit: 3,
    make: async (t) => ({
      argv: [
        '--nats-url',
        await healthyBroker(t, { users: [{ user: 'ada', password: 's3cret-s3cret' }] }, 'ada:s3cret-s3cret@', false),
      ],
    }),
  },
  {
    fault: 'wrong credentials',
    checks: ['connection.authenticated'],
    exit: 3,
    make: async (t, folder) => {
      const url = await healthyBroker(
        t,
        { users: [{ user: 'ada', password: 's3cret-s3cret' }] },
        'ada:s3cret-s3cret@',
        false,
      );
      writeFileSync(join(folder, 'password'), 'wr0ng-wr0ng');
      return { argv: ['--nats-url', url, '--user', 'ada', '--password-file', 'password'] };
    },
  },
  {
    fault: 'expired credentials',
    checks: ['connection.authenticated'],
    exit: 3,
    real: true,
    make: async (t, folder) => {
      const operator = newOperator();
      const server = await natsServerFor(t, { config: operator.config });
      writeFileSync(join(folder, 'ada.creds'), operator.user({ expiresIn: -60 }).creds);
      return { argv: ['--nats-url', server.url, '--creds', 'ada.creds'] };
    },
  },
  {
    fault: 'TLS required before the first word',
    checks: ['connection.tls'],
    exit: 3,
    make: async (t) => {
      const { cert, key } = newAuthority('ca').issue({ name: 'bus', hosts: ['127.0.0.1'] });
      const server = createTls({ cert, key }, (socket) => {
        socket.on('error', () => {});
        socket.write('INFO {"server_id":"N","version":"2.11.0","max_payload":1048576}\r\n');
      });
      return { argv: ['--nats-url', `nats://127.0.0.1:${await listening(t, server)}`] };
    },
  },
  {
    fault: 'TLS asked for, and not offered',
    checks: ['connection.tls'],
    exit: 3,
    make: async (t) => ({ argv: ['--nats-url', (await healthyBroker(t)).replace('nats://', 'tls://')] }),
  },
  {
    fault: 'wrong CA',
    checks: ['connection.tls'],
    exit: 3,
    real: true,
    make: async (t, folder) => {
      const url = await tlsServer(t);
      writeFileSync(join(folder, 'other-ca.pem'), newAuthority('another company').cert);
      return { argv: ['--nats-url', url, '--tls-ca', 'other-ca.pem'] };
    },
  },
  {
    fault: 'slow path',
    checks: ['connection.rtt'],
    exit: 0,
    make: async (t) => {
      const url = await healthyBroker(t);
      const slow = await slowPath(t, Number(new URL(url).port), 40);
      return { argv: ['--nats-url', `nats://127.0.0.1:${slow}`, '--rtt-warn', '50ms'] };
    },
  },
  {
    fault: 'max_payload tiny',
    checks: ['connection.max_payload'],
    exit: 0,
    real: true,
    make: async (t) => ({ argv: ['--nats-url', await healthyServer(t, 'max_payload: 1024')] }),
  },
  {
    fault: 'headers turned off',
    checks: ['connection.headers'],
    exit: 0,
    real: true,
    make: async (t) => ({ argv: ['--nats-url', await healthyServer(t, 'no_header_support: true')] }),
  },
  {
    fault: 'JetStream counted on, and off',
    checks: ['connection.jetstream'],
    exit: 3,
    real: true,
    make: async (t) => ({ argv: ['--nats-url', await healthyServer(t), '--expect', 'jetstream'] }),
  },
  {
    fault: 'clocks a minute apart',
    checks: ['connection.clock'],
    exit: 0,
    make: async (t) => ({ argv: ['--nats-url', await healthyBroker(t, { clock: aMinuteAhead })] }),
  },
  {
    fault: 'a user who is to be a worker, and may not answer',
    checks: ['permissions.role'],
    exit: 3,
    make: async (t) => {
      const { env } = await forbidden(t, { publish: { allow: ['heddle.events.>', '$SYS.>'] } });
      return { argv: ['--role', 'worker'], env };
    },
  },
  {
    fault: 'a user who is to be a worker, and may not even ask what it may do',
    checks: ['permissions.role', 'bus.map'],
    exit: 0,
    make: async (t) => {
      const { env } = await forbidden(t, { publish: { allow: ['heddle.events.>'] } });
      return { argv: ['--role', 'worker'], env };
    },
  },
  {
    fault: 'a role of a guide, which is no part of Heddle',
    checks: ['permissions.publish_tasks', 'permissions.publish_goals', 'permissions.role'],
    exit: 3,
    make: async (t) =>
      await forbidden(t, {
        publish: { allow: ['heddle.events.>', '$SYS.>'] },
        subscribe: { allow: ['heddle.commands.>', 'heddle.results.>', 'heddle.tasks.dead_letter', '_INBOX.>'] },
      }),
  },
  {
    fault: 'forbidden to send tasks',
    checks: ['permissions.publish_tasks'],
    exit: 3,
    make: (t) => forbidden(t, { publish: { deny: ['heddle.tasks.incoming'] } }),
  },
  {
    fault: 'forbidden to send goals',
    checks: ['permissions.publish_goals'],
    exit: 0,
    make: (t) => forbidden(t, { publish: { deny: ['heddle.goals.*'] } }),
  },
  {
    fault: 'forbidden to read results',
    checks: ['permissions.subscribe_results'],
    exit: 3,
    real: true,
    make: (t) => forbiddenOnServer(t, 'subscribe: { deny: "heddle.results.>" }'),
  },
  {
    fault: 'forbidden to read dead letters',
    checks: ['permissions.subscribe_dead_letters'],
    exit: 0,
    real: true,
    make: (t) => forbiddenOnServer(t, 'subscribe: { deny: "heddle.tasks.dead_letter" }'),
  },
  {
    fault: 'forbidden to ask who is connected',
    checks: ['bus.map'],
    exit: 0,
    real: true,
    make: (t) => forbiddenOnServer(t, 'publish: { deny: "$SYS.REQ.ACCOUNT.PING.CONNZ" }'),
  },
  {
    fault: "tier's variable missing",
    checks: ['tiers.environment'],
    exit: 0,
    make: async (t) => ({ argv: ['--nats-url', await healthyBroker(t), '--tier', 'local'] }),
  },
  {
    fault: "tier's variable empty",
    checks: ['tiers.environment'],
    exit: 0,
    make: async (t) => ({
      argv: ['--nats-url', await healthyBroker(t), '--tier', 'frontier'],
      env: { ANTHROPIC_API_KEY: '' },
    }),
  },
  {
    fault: 'HEDDLE_LOCAL_BACKEND contradicts the address',
    checks: ['tiers.local_backend'],
    exit: 0,
    make: async (t) => ({
      argv: ['--nats-url', await healthyBroker(t), '--tier', 'local'],
      env: { LM_STUDIO_URL: 'http://127.0.0.1:1234/v1', HEDDLE_LOCAL_BACKEND: 'ollama' },
    }),
  },
  {
    fault: 'local model server down',
    checks: ['tiers.backend_answers'],
    exit: 0,
    make: async (t) => ({
      argv: ['--nats-url', await healthyBroker(t), '--probe-backends'],
      env: { OLLAMA_URL: `http://127.0.0.1:${await freePort()}` },
    }),
  },
  {
    fault: 'config missing',
    checks: ['config.found'],
    exit: 1,
    make: (t) => withConfig(t, 'configs/workers/ehco.yaml', () => {}),
  },
  {
    fault: 'config is a broken symbolic link',
    checks: ['config.found'],
    exit: 1,
    posix: true,
    make: (t, folder) => withConfig(t, 'echo.yaml', () => symlinkSync('gone.yaml', join(folder, 'echo.yaml'))),
  },
  {
    fault: 'config is a directory',
    checks: ['config.file'],
    exit: 1,
    make: (t, folder) => withConfig(t, 'echo.yaml', () => mkdirSync(join(folder, 'echo.yaml'))),
  },
  {
    fault: 'config unreadable',
    checks: ['config.readable'],
    exit: 1,
    posix: true,
    // Permissions do not stop the superuser, who runs many CI containers; a link to itself stops everybody.
    make: (t, folder) => withConfig(t, 'echo.yaml', () => symlinkSync('echo.yaml', join(folder, 'echo.yaml'))),
  },
  {
    fault: 'config not UTF-8',
    checks: ['config.utf8'],
    exit: 1,
    make: (t, folder) =>
      withConfig(t, 'echo.yaml', () =>
        writeFileSync(join(folder, 'echo.yaml'), Buffer.from('name: \xe9cho\n', 'latin1')),
      ),
  },
  {
    fault: 'config is bad YAML',
    checks: ['config.yaml'],
    exit: 1,
    make: (t, folder) =>
      withConfig(t, 'echo.yaml', () => writeFileSync(join(folder, 'echo.yaml'), 'name: echo\n\tkind: processor\n')),
  },
  {
    fault: 'config is a list instead of a mapping',
    checks: ['config.mapping'],
    exit: 1,
    make: (t, folder) => withConfig(t, 'echo.yaml', () => writeFileSync(join(folder, 'echo.yaml'), '- name: echo\n')),
  },
  {
    fault: 'config with a tier that does not exist',
    checks: ['config.understood'],
    exit: 0,
    make: (t, folder) =>
      withConfig(t, 'echo.yaml', () =>
        writeFileSync(join(folder, 'echo.yaml'), 'name: echo\nworker_kind: processor\ndefault_model_tier: locl\n'),
      ),
  },
  {
    fault: 'YAML that is no config',
    checks: ['config.understood'],
    exit: 0,
    make: (t, folder) => withConfig(t, 'echo.yaml', () => writeFileSync(join(folder, 'echo.yaml'), 'volumes: {}\n')),
  },
  {
    fault: 'no router',
    checks: ['bus.router'],
    exit: 0,
    make: (t) =>
      onBus(
        t,
        HEALTHY.filter((each) => each !== ROUTER),
      ),
  },
  {
    fault: 'no router, and one was expected',
    checks: ['bus.router'],
    exit: 1,
    make: (t) =>
      onBus(
        t,
        HEALTHY.filter((each) => each !== ROUTER),
        ['--expect', 'router'],
      ),
  },
  {
    fault: 'Python router without a connection (NATS restarted), and another program that only publishes',
    checks: ['bus.router'],
    exit: 0,
    make: async (t) => {
      const url = await busWith(
        t,
        HEALTHY.filter((each) => each !== ROUTER),
      );
      await publisher(t, Number(new URL(url).port));
      return { argv: ['--nats-url', url] };
    },
  },
  {
    fault: 'a router is connected and does not listen, another does',
    checks: ['bus.router_subscribed'],
    exit: 1,
    make: (t) => onBus(t, [...HEALTHY, { name: 'heddle-ts router', hears: [['heddle.control.reload']] }]),
  },
  {
    fault: 'two routers',
    checks: ['bus.router_once'],
    exit: 1,
    make: (t) => onBus(t, [...HEALTHY, ROUTER]),
  },
  {
    fault: 'an old router beside a group of new ones',
    checks: ['bus.router_once'],
    exit: 1,
    make: (t) => onBus(t, [...HEALTHY, { hears: [['heddle.tasks.incoming', 'router']] }]),
  },
  {
    fault: 'worker absent',
    checks: ['bus.worker_present'],
    exit: 0,
    make: async (t, folder) => {
      writeFileSync(
        join(folder, 'translate.yaml'),
        'name: translate\nworker_kind: processor\nprocessing_backend: app.Translate\n',
      );
      return await onBus(t, HEALTHY, ['--config', 'translate.yaml']);
    },
  },
  {
    fault: 'fewer replicas than expected',
    checks: ['bus.worker_present'],
    exit: 1,
    make: (t) => onBus(t, HEALTHY, ['--expect', 'worker:echo.local:2']),
  },
  {
    fault: 'worker on another tier than routed',
    checks: ['bus.worker_tier'],
    exit: 1,
    make: async (t, folder) => {
      writeFileSync(join(folder, 'echo.yaml'), 'name: echo\nworker_kind: processor\nprocessing_backend: app.Echo\n');
      writeFileSync(join(folder, 'router_rules.yaml'), 'tier_overrides:\n  echo: standard\nrate_limits: {}\n');
      return await onBus(t, HEALTHY, ['--config', 'echo.yaml', 'router_rules.yaml']);
    },
  },
  {
    fault: 'worker on another tier than its config says, and nobody knows the rules',
    checks: ['bus.worker_tier'],
    exit: 0,
    make: async (t, folder) => {
      writeFileSync(
        join(folder, 'echo.yaml'),
        'name: echo\nworker_kind: processor\nprocessing_backend: app.Echo\ndefault_model_tier: standard\n',
      );
      return await onBus(t, HEALTHY, ['--config', 'echo.yaml']);
    },
  },
  {
    fault: 'stage of a pipeline whose worker is absent',
    checks: ['bus.worker_present'],
    exit: 0,
    make: async (t, folder) => {
      writeFileSync(join(folder, 'report.yaml'), stages('echo', 'summarise'));
      return await onBus(t, HEALTHY, ['--config', 'report.yaml']);
    },
  },
  {
    fault: 'two routers, and rules that contradict each other',
    checks: ['bus.router_rules'],
    exit: 0,
    make: async (t, folder) => {
      writeFileSync(join(folder, 'ours.yaml'), 'tier_overrides:\n  echo: local\nrate_limits: {}\n');
      writeFileSync(join(folder, 'theirs.yaml'), 'tier_overrides: {}\nrate_limits: {}\n');
      const router: Actor = { hears: [['heddle.tasks.incoming', 'router']] };
      const actors = [...HEALTHY.filter((each) => each !== ROUTER), router, router];
      return await onBus(t, actors, ['--router-config', 'ours.yaml', 'theirs.yaml']);
    },
  },
  {
    fault: 'a JetStream stream over the tasks',
    checks: ['bus.streams'],
    exit: 0,
    real: true,
    make: async (t) => {
      const { url } = await natsServerFor(t, { config: 'jetstream { store_dir: "FOLDER/js" }' });
      const [bus] = await actAll(t, url, HEALTHY);
      assert.ok(bus);
      const stream = await openStream({ home: 'jetstream', bus, storage: 'memory' }, 'TASKS');
      t.after(() => stream.close());
      await stream.ensure({ subjects: ['heddle.tasks.*', 'heddle.tasks.*.*'] });
      return { argv: ['--nats-url', url] };
    },
  },
  {
    fault: 'listener on a tier that nobody routes to',
    checks: ['bus.worker_tier'],
    exit: 0,
    make: (t) => onBus(t, [...HEALTHY, processor('echo', 'gpu')]),
  },
  {
    fault: 'worker without a queue group',
    checks: ['bus.worker_group'],
    exit: 0,
    make: (t) => onBus(t, [...HEALTHY, { hears: [['heddle.tasks.resize.local']] }]),
  },
  {
    fault: 'two workers without a queue group',
    checks: ['bus.worker_group'],
    exit: 1,
    make: (t) =>
      onBus(t, [...HEALTHY, { hears: [['heddle.tasks.resize.local']] }, { hears: [['heddle.tasks.resize.local']] }]),
  },
  {
    fault: 'mixed queue groups',
    checks: ['bus.worker_once'],
    exit: 1,
    make: (t) => onBus(t, [...HEALTHY, llmWorker('echo', 'local')]),
  },
  {
    fault: 'nobody takes goals',
    checks: ['bus.goals_heard'],
    exit: 0,
    make: (t) =>
      onBus(
        t,
        HEALTHY.filter((each) => each !== PIPELINE),
      ),
  },
  {
    fault: 'a gateway that was expected is not there, another is',
    checks: ['bus.gateway'],
    exit: 1,
    make: (t) => onBus(t, [...HEALTHY, GATEWAY], ['--expect', 'gateway', '--expect', 'gateway:hooks']),
  },
  {
    fault: 'fewer gateways than expected',
    checks: ['bus.gateway'],
    exit: 1,
    make: (t) => onBus(t, [...HEALTHY, GATEWAY], ['--expect', 'gateway:public:2']),
  },
  {
    fault: 'a worker on the bus beside a type that a gateway keeps in a stream',
    checks: ['bus.http_workers'],
    exit: 1,
    make: async (t) => {
      const situation = await onBus(t, [...HEALTHY, GATEWAY]);
      const bus = await act(t, situation.argv.at(-1) ?? '', { hears: [] });
      const lane = {
        type: 'echo',
        tier: 'local',
        mode: 'durable',
        unnamedPolls: 1,
        leases: 0,
        buffered: 0,
        full: false,
      };
      const word = wordText({
        gateway: 'public',
        replica: 'r',
        lanes: [{ ...lane, mode: 'durable' }],
        workers: [],
        unlisted: 0,
      });
      bus.subscribe(GATEWAY_WORKERS, ({ reply }) => bus.publish(reply ?? '', word));
      await bus.flush();
      return situation;
    },
  },
  {
    fault: 'two kinds of goal takers',
    checks: ['bus.goals_once'],
    exit: 1,
    make: (t) => onBus(t, [...HEALTHY, ORCHESTRATOR]),
  },
  {
    fault: 'different pipelines in one group',
    checks: ['bus.goals_once'],
    exit: 0,
    make: async (t, folder) => {
      for (const name of ['ingest', 'report']) {
        writeFileSync(join(folder, `${name}.yaml`), `name: ${name}\npipeline_stages: []\n`);
      }
      return await onBus(t, [...HEALTHY, PIPELINE], ['--config', 'ingest.yaml', 'report.yaml']);
    },
  },
  {
    fault: 'nobody on dead letters',
    checks: ['bus.dead_letters'],
    exit: 0,
    make: (t) =>
      onBus(
        t,
        HEALTHY.filter((each) => each !== DEAD_LETTERS),
      ),
  },
  {
    fault: 'a client that does not keep up',
    checks: ['bus.slow'],
    exit: 0,
    real: true,
    make: async (t) => {
      const url = await healthyServer(t);
      await stuckClient(t, url);
      return { argv: ['--nats-url', url] };
    },
  },
];

/** A pipeline with one stage for each worker. */
function stages(...workers: readonly string[]): string {
  const each = workers.map((worker) => `  - name: ${worker}\n    worker_type: ${worker}\n    input_mapping: {}\n`);
  return `name: report\npipeline_stages:\n${each.join('')}`;
}

/** A development broker with a healthy bus on it; the address, with `user` in it or not. */
async function healthyBroker(t: TestContext, options: BrokerOptions = {}, user = '', shown = true): Promise<string> {
  const broker = await startBroker(options);
  t.after(() => broker.close());
  const withUser = broker.url.replace('://', `://${user}`);
  await actAll(t, withUser, HEALTHY);
  return shown ? withUser : broker.url;
}

async function healthyServer(t: TestContext, config = ''): Promise<string> {
  const { url } = await natsServerFor(t, { config });
  await actAll(t, url, HEALTHY);
  return url;
}

async function busWith(t: TestContext, actors: readonly Actor[]): Promise<string> {
  const broker = await startBroker();
  t.after(() => broker.close());
  await actAll(t, broker.url, actors);
  return broker.url;
}

async function onBus(t: TestContext, actors: readonly Actor[], argv: readonly string[] = []): Promise<Situation> {
  return { argv: ['--nats-url', await busWith(t, actors), ...argv] };
}

async function withConfig(t: TestContext, path: string, make: () => void): Promise<Situation> {
  make();
  return { argv: ['--nats-url', await healthyBroker(t), '--config', path] };
}

async function forbidden(t: TestContext, permissions: Permissions): Promise<Situation> {
  const users = [
    { user: 'all', password: 'all' },
    { user: 'ada', password: 'ada', permissions },
  ];
  const url = await healthyBroker(t, { users }, 'all:all@', false);
  return { argv: [], env: { NATS_USER: 'ada', NATS_PASSWORD: 'ada', NATS_URL: url } };
}

async function forbiddenOnServer(t: TestContext, rules: string): Promise<Situation> {
  const users = `{ user: all, password: all }, { user: ada, password: ada, permissions: { ${rules} } }`;
  const server = await natsServerFor(t, { config: `authorization: { users: [ ${users} ] }` });
  await actAll(t, server.url.replace('://', '://all:all@'), HEALTHY);
  return { argv: [], env: { NATS_USER: 'ada', NATS_PASSWORD: 'ada', NATS_URL: server.url } };
}

async function tlsServer(t: TestContext): Promise<string> {
  const { cert, key } = newAuthority('our company').issue({ name: 'bus', hosts: ['127.0.0.1', 'localhost'] });
  const server = await natsServerFor(t, {
    files: { 'cert.pem': cert, 'key.pem': key },
    config: 'tls { cert_file: "FOLDER/cert.pem", key_file: "FOLDER/key.pem" }',
  });
  return server.url;
}

/** Anything that listens, on a port of the kernel's choice; its connections end with the test. */
async function listening(t: TestContext, server: Server): Promise<number> {
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => open.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** A way to `port` on which everything takes `ms` longer, in each direction. */
async function slowPath(t: TestContext, port: number, ms: number): Promise<number> {
  const server = createServer((near) => {
    const far = connectTcp(port, '127.0.0.1');
    const carry = (from: Socket, to: Socket): void => {
      from.on('data', (chunk) => setTimeout(() => to.destroyed || to.write(chunk), ms));
      from.on('close', () => setTimeout(() => to.destroy(), ms));
      from.on('error', () => {});
    };
    carry(near, far);
    carry(far, near);
  });
  return await listening(t, server);
}

/** Subscribes and then reads nothing, until the server holds megabytes for it. */
async function stuckClient(t: TestContext, url: string): Promise<void> {
  const client = await wire(Number(new URL(url).port));
  t.after(() => client.hangUp());
  client.say('CONNECT {"lang":"python3","version":"2.14.0","protocol":1,"verbose":false}\r\nSUB flood 1\r\n');
  await client.sync();
  client.socket.pause();
  const sender = await act(t, url, { hears: [] });
  const block = new Uint8Array(512 * 1024);
  for (let sent = 0; sent < 48; sent += 1) sender.publish('flood', block);
  await sender.flush();
}

/** A folder for one run, gone with the test. */
export function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-preflight-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, HOME));
  return folder;
}
