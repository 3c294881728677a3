import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { startBroker } from '../../src/broker/broker.ts';
import { outputGroup } from '../../src/cli/flags/frame.ts';
import { readFlags } from '../../src/cli/flags/group.ts';
import { readCommandLine } from '../../src/cli/program.ts';
import { readDocument, readText } from '../../src/config/document.ts';
import { toPlain } from '../../src/config/plain.ts';
import { validate } from '../../src/validate/engine.ts';
import { RULES } from '../../src/validate/rules/list.ts';
import { runCli, startCli } from '../helpers/fake-io.ts';
import { inProject } from '../helpers/root.ts';
import { act, llmWorker } from '../preflight/actors.ts';

// deploy/: the manifests keep to the API, belong together, and say to the program what it understands.

interface Probe {
  readonly exec?: { readonly command: readonly string[] };
  readonly httpGet?: { readonly path: string; readonly port: string };
  readonly timeoutSeconds?: number;
}
interface Container {
  readonly name: string;
  readonly command: readonly string[];
  readonly env?: readonly {
    name: string;
    value?: string;
    valueFrom?: { secretKeyRef: { name: string; key: string } };
  }[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
  readonly readinessProbe?: Probe;
  readonly livenessProbe?: Probe;
}
interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data: Readonly<Record<string, string>>;
  readonly stringData: Readonly<Record<string, string>>;
  readonly spec: {
    readonly replicas: number;
    readonly selector: Readonly<Record<string, unknown>>;
    readonly ports: readonly { readonly targetPort: string }[];
    readonly template: {
      readonly metadata: { readonly labels: unknown };
      readonly spec: {
        readonly terminationGracePeriodSeconds: number;
        readonly initContainers?: readonly Container[];
        readonly containers: readonly Container[];
        readonly volumes: readonly {
          name: string;
          configMap?: { name: string };
          secret?: { secretName: string };
        }[];
      };
    };
  };
}

const files = readdirSync(inProject('deploy')).filter((name) => name.endsWith('.yaml'));
const manifests: readonly (Manifest & { readonly file: string })[] = files.flatMap((file) =>
  readFileSync(inProject('deploy', file), 'utf8')
    .split(/^---\n/m)
    .map((text) => {
      const document = readText(file, text);
      assert.deepEqual(document.problems, [], file);
      return { ...(toPlain(document.root ?? assert.fail(`${file}: empty`)) as unknown as Manifest), file };
    }),
);
const ofKind = (kind: string) => manifests.filter((each) => each.kind === kind);
const deployments = ofKind('Deployment');
const podOf = (each: Manifest) => each.spec.template.spec;
const containersOf = (each: Manifest): readonly Container[] => [
  ...(podOf(each).initContainers ?? []),
  ...podOf(each).containers,
];
const commandsOf = ({ command, readinessProbe, livenessProbe }: Container): readonly (readonly string[])[] =>
  [command, readinessProbe?.exec?.command, livenessProbe?.exec?.command].filter((each) => each !== undefined);
const configs = new Map(ofKind('ConfigMap').map(({ metadata, data }) => [metadata.name, data]));
const secrets = new Map(ofKind('Secret').map(({ metadata, stringData }) => [metadata.name, stringData]));

test('every manifest keeps to the API, and names its resources, its rights and its probes', () => {
  const schema = JSON.parse(readFileSync(inProject('test', 'docs', 'kubernetes.schema.json'), 'utf8'));
  const keeps = new Ajv2020({ strict: true, strictRequired: false, allErrors: true }).compile(schema);
  for (const { file, ...each } of manifests)
    assert.ok(keeps(each), `${file}: ${JSON.stringify(keeps.errors, null, 1)}`);
  assert.deepEqual(deployments.map(({ metadata }) => metadata.name).sort(), [
    'heddle-gateway',
    'heddle-router',
    'heddle-worker-shout',
    'heddle-worker-summarizer',
  ]);
  for (const each of deployments) {
    const probed = podOf(each).containers.filter(
      ({ readinessProbe, livenessProbe }) => readinessProbe && livenessProbe,
    );
    assert.ok(probed.length > 0, `${each.metadata.name}: nothing of it is probed`);
  }
  assert.equal(deployments.find(({ metadata }) => metadata.name === 'heddle-gateway')?.spec.replicas, 2);
});

test('they belong together: labels, volumes, secrets, ports', () => {
  for (const each of deployments) {
    const { spec } = each;
    const pod = podOf(each);
    assert.deepEqual(spec.selector.matchLabels, spec.template.metadata.labels);
    const sources = new Map(
      pod.volumes.map(({ name, configMap, secret }) => [
        name,
        configMap ? configs.get(configMap.name) : secrets.get(secret?.secretName ?? ''),
      ]),
    );
    for (const container of containersOf(each)) {
      const where = `${each.metadata.name}/${container.name}`;
      const mounts = container.volumeMounts ?? [];
      for (const { name } of mounts) assert.ok(sources.get(name) !== undefined, `${where}: volume ${name}`);
      // Every path that a command or a variable names is a key of what is mounted there.
      const named = [...container.command, ...(container.env ?? []).map(({ value }) => value ?? '')];
      for (const path of named.filter((word) => word.startsWith('/'))) {
        const mount = mounts.find(({ mountPath }) => mountPath === dirname(path));
        const keys = Object.keys(sources.get(mount?.name ?? '') ?? {});
        assert.ok(keys.includes(path.slice(dirname(path).length + 1)), `${where}: ${path}`);
      }
      for (const { valueFrom } of container.env ?? []) {
        const { name, key } = valueFrom?.secretKeyRef ?? { name: '', key: '' };
        if (valueFrom) assert.ok(key in (secrets.get(name) ?? {}), `${where}: ${name}/${key}`);
      }
      for (const { httpGet } of [container.readinessProbe ?? {}, container.livenessProbe ?? {}]) {
        if (httpGet)
          assert.ok(
            container.ports?.some(({ name }) => name === httpGet.port),
            `${where}: ${httpGet.port}`,
          );
      }
    }
  }
  for (const kind of ['Service', 'PodDisruptionBudget']) {
    for (const { metadata, spec } of ofKind(kind)) {
      const meant = deployments.find((each) => each.metadata.name === metadata.name) ?? assert.fail(metadata.name);
      const { labels } = meant.spec.template.metadata;
      assert.deepEqual(kind === 'Service' ? spec.selector : spec.selector.matchLabels, labels);
      const ports = containersOf(meant).flatMap((each) => each.ports ?? []);
      for (const { targetPort } of spec.ports ?? []) assert.ok(ports.some(({ name }) => name === targetPort));
      if (kind === 'PodDisruptionBudget') assert.ok(meant.spec.replicas > 1, `${metadata.name} could never be moved`);
    }
  }
});

test('the configs in them are right, by every rule', () => {
  for (const [name, data] of configs) {
    for (const [file, text] of Object.entries(data).filter(([key]) => key.endsWith('.yaml'))) {
      const judged = validate([readDocument(file, Buffer.from(text))], { rules: RULES }).files[0];
      const wrong = judged?.findings.filter(({ severity, rule }) => severity !== 'note' && rule !== 'foreign-worker');
      assert.deepEqual(wrong, [], `${name}: ${file}`);
    }
  }
});

test('every command is one that the program understands, and its grace fits into that of the pod', async () => {
  let read = 0;
  for (const each of deployments) {
    for (const [program, ...argv] of containersOf(each).flatMap(commandsOf)) {
      if (program !== 'heddle-ts') continue;
      const request = await readCommandLine(argv, { width: 80, color: false });
      assert.equal(request.ask, 'run', argv.join(' '));
      if (request.ask !== 'run') continue;
      const { groups, formats } = request.spec;
      const flags = readFlags([...groups, outputGroup(formats)], request.found) as { readonly grace?: number };
      const grace = (flags.grace ?? 0) / 1000;
      assert.ok(podOf(each).terminationGracePeriodSeconds > grace, `${argv.join(' ')}: ${grace} s`);
      read += 1;
    }
  }
  assert.equal(read, 10);
});

test('each actor starts as its pod starts it, and its probes are right about it', async (t) => {
  const broker = await startBroker();
  t.after(() => broker.close());
  const env = { NATS_URL: broker.url };
  await act(t, broker.url, llmWorker('summarizer'));
  for (const name of ['heddle-router', 'heddle-worker-shout', 'heddle-worker-summarizer']) {
    const deployment = deployments.find(({ metadata }) => metadata.name === name) ?? assert.fail(name);
    const here = unfold(t, configs.get(name) ?? {});
    const own = (command: readonly string[]): string[] =>
      command.slice(1).map((word) => word.replace(/^\/etc\/heddle/, here).replace('0.0.0.0:8087', '127.0.0.1:0'));
    for (const container of containersOf(deployment)) {
      if (container.command[0] !== 'heddle-ts') continue;
      if (container.name === 'wait-for-bus') {
        assert.equal((await runCli(own(container.command), { env })).code, 0, name);
        continue;
      }
      const running = startCli(own(container.command), { env });
      await running.io.seen(/router_started|worker_started|serving http/);
      for (const probe of [container.readinessProbe, container.livenessProbe]) {
        if (probe?.exec === undefined) continue;
        const { code, stdout } = await runCli(own(probe.exec.command), { env });
        assert.equal(code, 0, `${name}: ${probe.exec.command.join(' ')}: ${stdout}`);
      }
      t.after(async () => {
        running.io.signal('SIGTERM');
        await running.exit;
      });
    }
  }
  const { stdout } = await runCli(
    ['submit', 'shout', '--tier', 'local', '--set', 'text=hi', '--wait', '10s', '--select', 'output.text'],
    { env },
  );
  assert.equal(stdout, 'HI\n');
});

/** What a ConfigMap puts into a folder. */
function unfold(t: TestContext, data: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-deploy-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(data)) writeFileSync(join(folder, name), text);
  return folder;
}
