import assert from 'node:assert/strict';
import { exec, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { readDocument, readText } from '../../src/config/document.ts';
import { toPlain } from '../../src/config/plain.ts';
import { SCHEME_NAMES } from '../../src/config/views/gateway-config/schemes.ts';
import { describedRoutes } from '../../src/gateway/routes/list.ts';
import { validate } from '../../src/validate/engine.ts';
import { RULES } from '../../src/validate/rules/list.ts';
import { actors } from '../gateway/bus.ts';
import { gatewayConfig, startGateway } from '../gateway/start.ts';
import { BUSES } from '../helpers/buses.ts';
import { runCli } from '../helpers/fake-io.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { blocksOf, pattern } from '../helpers/page.ts';
import { inProject } from '../helpers/root.ts';

noLeaks();

const blocks = blocksOf('docs', 'gateway.md');

test('every config of the page is one that the rules agree with', () => {
  const configs = blocks.filter(({ language, marks }) => language === 'yaml' && marks.has('gateway'));
  assert.equal(configs.length, 5);
  for (const { text } of configs) {
    const { files } = validate([readDocument('gateway.yaml', Buffer.from(text))], { rules: RULES });
    assert.deepEqual([files[0]?.kind, files[0]?.findings], ['gateway', []], text);
  }
});

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data: { readonly 'gateway.yaml': string };
  readonly spec: {
    readonly selector: { readonly matchLabels?: Record<string, string> } & Record<string, unknown>;
    readonly ports: readonly { readonly targetPort: string }[];
    readonly template: {
      readonly metadata: { readonly labels: Record<string, string> };
      readonly spec: {
        readonly terminationGracePeriodSeconds: number;
        readonly volumes: readonly { readonly name: string; readonly configMap: { readonly name: string } }[];
        readonly containers: readonly {
          readonly args: readonly string[];
          readonly env: readonly { readonly name: string }[];
          readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
          readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
          readonly livenessProbe: { readonly httpGet: { readonly path: string; readonly port: string } };
          readonly readinessProbe: { readonly httpGet: { readonly path: string; readonly port: string } };
        }[];
      };
    };
  };
}

test('the manifests of docs/kubernetes.md belong together, and to the gateway as it is', async (t) => {
  const block = blocksOf('docs', 'kubernetes.md').find(({ marks }) => marks.has('gateway'));
  const manifests = (block?.text ?? '').split('---\n').map((text) => {
    const document = readText('manifest', text);
    assert.deepEqual(document.problems, []);
    assert.ok(document.root !== undefined);
    return toPlain(document.root) as unknown as Manifest;
  });
  const of = (kind: string): Manifest => manifests.find((each) => each.kind === kind) ?? assert.fail(kind);
  const { selector, template } = of('Deployment').spec;
  const pod = template.spec;
  const [container = assert.fail()] = pod.containers;
  assert.deepEqual(selector.matchLabels, template.metadata.labels);
  assert.deepEqual(of('Service').spec.selector, template.metadata.labels);
  assert.deepEqual(of('PodDisruptionBudget').spec.selector.matchLabels, template.metadata.labels);
  assert.equal(of('Service').spec.ports[0]?.targetPort, container.ports[0]?.name);
  assert.deepEqual(
    [pod.volumes[0]?.configMap.name, pod.volumes[0]?.name],
    [of('ConfigMap').metadata.name, container.volumeMounts[0]?.name],
  );
  assert.ok(pod.terminationGracePeriodSeconds > 15, 'longer than the grace');

  // The config is right, and every variable that it names is set there.
  const written = of('ConfigMap').data['gateway.yaml'];
  const { files } = validate([readDocument('gateway.yaml', Buffer.from(written))], { rules: RULES });
  assert.deepEqual([files[0]?.kind, files[0]?.findings], ['gateway', []]);
  const config = gatewayConfig(written);
  assert.equal(config.listen.port, container.ports[0]?.containerPort);
  const named = config.tokens.map(({ secret }) => ('env' in secret ? secret.env : assert.fail()));
  const set = container.env.map(({ name }) => name);
  for (const name of named) assert.ok(set.includes(name), name);

  // The probes are routes for everybody, and the arguments are those of the command.
  for (const { httpGet } of [container.livenessProbe, container.readinessProbe]) {
    const route = describedRoutes(config).find(({ path }) => path === httpGet.path);
    assert.ok(route !== undefined && route.scope === undefined, httpGet.path);
    assert.equal(httpGet.port, container.ports[0]?.name);
  }
  const file = container.args[container.args.indexOf('--config') + 1] ?? '';
  assert.equal(dirname(file), container.volumeMounts[0]?.mountPath);
  const folder = mkdtempSync(join(tmpdir(), 'heddle-gateway-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const here = join(folder, 'gateway.yaml');
  writeFileSync(here, written.replace('0.0.0.0:8787', '127.0.0.1:0'));
  const argv = container.args.map((each) => (each === file ? here : each));
  const env = Object.fromEntries(set.map((name) => [name, 'a-secret-of-more-than-16-bytes']));
  const run = await runCli([...argv, '--no-env-file', '--no-nats-context'], {
    env: { ...env, NATS_URL: 'nats://127.0.0.1:1' },
  });
  assert.match(run.stderr, /nothing listens at nats:\/\/127\.0\.0\.1:1/, 'and nothing else is wrong with it');
});

test('every scheme stands in the table of the page', () => {
  const page = readFileSync(inProject('docs', 'gateway.md'), 'utf8');
  for (const name of SCHEME_NAMES) assert.ok(new RegExp(`^\\|[^|]*\`${name}\``, 'm').test(page), name);
});

const curl = spawnSync('curl', ['--version']).status === 0;

test('what the page asks with curl is answered as the page says', {
  skip: curl ? false : 'no curl on this machine',
}, async (t) => {
  const { connect } = await (BUSES[0] ?? assert.fail()).start(t);
  await actors(t, await connect(), 0, 'local');
  const gateway = await startGateway(t, await connect({ reconnect: true }));
  let asked = 0;
  for (const [at, { language, marks, text }] of blocks.entries()) {
    if (language !== 'sh' || !marks.has('curl')) continue;
    const command = text.trim().replace('http://127.0.0.1:8787', gateway.url);
    const { stdout: answer } = await promisify(exec)(command);
    assert.match(`${answer}\n`, pattern(blocks[at + 1]?.text ?? '', false));
    asked += 1;
  }
  assert.equal(asked, 2);
});
