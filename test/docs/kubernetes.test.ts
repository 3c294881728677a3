import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { readDocument, readText } from '../../src/config/document.ts';
import { toPlain } from '../../src/config/plain.ts';
import { describedRoutes } from '../../src/gateway/routes/list.ts';
import { validate } from '../../src/validate/engine.ts';
import { RULES } from '../../src/validate/rules/list.ts';
import { gatewayConfig } from '../gateway/start.ts';
import { runCli } from '../helpers/fake-io.ts';
import { noLeaks } from '../helpers/leaks.ts';
import { blocksOf } from '../helpers/page.ts';

noLeaks();

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
