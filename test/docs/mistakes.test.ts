import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { splitCommand } from '../../src/child/split-command.ts';
import { runCli, startCli } from '../helpers/fake-io.ts';
import { startProgram } from '../helpers/program.ts';
import { ON_NODE } from '../helpers/program-under-test.ts';
import { inProject } from '../helpers/root.ts';
import { FILES, MISTAKES, type Mistake } from './mistakes.ts';

// docs/mistakes.md is what the program says to each of these, word by word; `UPDATE_GOLDEN=1` writes it anew.

const PAGE = inProject('docs', 'mistakes.md');
/** As many at a time as wait for something anyway. */
const AT_ONCE = 8;

const HEAD = `# Typical mistakes, and what is said to them

Each command is run by the tests as it stands here, in a folder with the files that it names, beside a bus of \`heddle-ts dev\` with a
router and the worker \`echo\` of the tier \`local\`, and one NATS context \`prod\`. What it says is compared word by word; \`…\` stands for what
differs from run to run. Each answer says what is wrong, where, and what to do next.

`;

/** How an answer says what to do. */
const NEXT = /hint: |"hint":"|→ |goes on$|; write spaces/m;

interface Answer {
  readonly mistake: Mistake;
  readonly exit: number | NodeJS.Signals;
  readonly words: string;
}

test('docs/mistakes.md is what the program says', async (t) => {
  const { folder, env, url } = await place(t);
  const answers: Answer[] = [];
  for (let at = 0; at < MISTAKES.length; at += AT_ONCE) {
    const batch = MISTAKES.slice(at, at + AT_ONCE).map(async (mistake): Promise<Answer> => {
      const [, ...argv] = splitCommand(mistake.typed.replaceAll('localhost:4222', new URL(url).host));
      const { exit, said } = await run(t, argv, { cwd: folder, env, home: join(folder, 'home') });
      return { mistake, exit, words: steady(said, url, folder) };
    });
    answers.push(...(await Promise.all(batch)));
  }
  assert.ok(answers.length >= 40, `${answers.length} mistakes`);
  const page = HEAD + answers.map(sectionOf).join('\n');
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(PAGE, page);
  for (const { mistake, exit, words } of answers) {
    assert.equal(exit, mistake.exit, `${mistake.typed}\n${words}`);
    for (const wanted of mistake.says) assert.match(words, wanted, mistake.typed);
    assert.match(words, NEXT, `${mistake.typed}: what next?`);
    assert.doesNotMatch(words, /\n {4}at |bug in heddle-ts|ENOENT|undefined|\[object/, mistake.typed);
  }
  // The page is what Node says; on Bun some words are Bun's.
  if (ON_NODE) assert.equal(readFileSync(PAGE, 'utf8'), page, 'UPDATE_GOLDEN=1 renews docs/mistakes.md');
});

/** In this process, which is quicker; a program that HEDDLE_TS_PROGRAM names runs in one of its own. */
async function run(
  t: TestContext,
  argv: string[],
  { cwd, env, home }: { cwd: string; env: Record<string, string>; home: string },
): Promise<{ exit: number | NodeJS.Signals; said: string }> {
  if ((process.env.HEDDLE_TS_PROGRAM ?? '') === '') {
    const { code, stdout, stderr } = await runCli(argv, { cwd, env, home });
    return { exit: code, said: `${stdout}${stderr}` };
  }
  const program = startProgram(t, argv, { cwd, env: { ...env, HOME: home, XDG_CONFIG_HOME: '' } });
  const exit = await program.ended;
  return { exit, said: `${program.stdout()}${program.stderr()}` };
}

async function place(t: TestContext): Promise<{ folder: string; env: Record<string, string>; url: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-mistakes-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, name), text);
  const contexts = join(folder, 'home', '.config', 'nats', 'context');
  mkdirSync(contexts, { recursive: true });
  writeFileSync(join(contexts, 'prod.json'), '{"url": "nats://bus.example.com:4222"}\n');
  const { io, exit } = startCli(['dev', '--bus', 'builtin'], { cwd: folder });
  t.after(async () => {
    io.signal('SIGTERM');
    assert.equal(await exit, 0, io.err());
  });
  await io.seen(/^ready /m, 30_000);
  const url = /^ready (\S+)/m.exec(io.out())?.[1] ?? assert.fail(io.out());
  return { folder, url, env: { NATS_URL: url } };
}

/** What differs from run to run: the bus, ids, times. */
function steady(text: string, url: string, folder: string): string {
  return (
    text
      .replaceAll(url, 'nats://localhost:4222')
      .replaceAll(new URL(url).host, 'localhost:4222')
      .replaceAll(folder, '…')
      .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '…')
      .replaceAll(/\b(in|at) \d[\d.]*( ?ms)/g, '$1 …$2')
      // The words of the runtime's own reader differ from version to version.
      .replaceAll(/(is not JSON: ).*/g, '$1…')
      .replaceAll(/\([\d.]+\/s, [\d.]+B\)/g, '(…)')
      .trimEnd()
  );
}

function sectionOf({ mistake, exit, words }: Answer, at: number): string {
  return `## ${at + 1}: ${mistake.slip}\n\nexit ${exit}\n\n\`\`\`\n$ ${mistake.typed}\n${words}\n\`\`\`\n`;
}
