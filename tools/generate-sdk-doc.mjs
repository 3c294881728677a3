// docs/sdk.md from the types of the package and their comments: every export, with its sentence and its declaration.
// `--check` fails when the page has drifted, and always when an export says nothing of itself. Needs a build.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const INDEX = 'dist/sdk/index.d.ts';
const TESTING = 'dist/sdk/testing.d.ts';
const CLIENT = 'dist/sdk/gateway-client.d.ts';

/** The parts of the page: what each is called, and the rooms (or the files beside them) whose faces give it its names. */
const PARTS = [
  ['The bus', INDEX, ['transport', 'time']],
  ['Sending, and what became of it', INDEX, ['submit', 'delivery']],
  ['Workers', INDEX, ['worker']],
  ['The router', INDEX, ['router']],
  ['HTTP for a bus', INDEX, ['gateway', 'http']],
  ['Following a bus', INDEX, ['tail']],
  ['Who is on the bus', INDEX, ['topology']],
  ['Is all well', INDEX, ['preflight']],
  ['Configs, payloads and messages', INDEX, ['validate']],
  ['A bus for development', INDEX, ['dev']],
  ['What passes on the wire', INDEX, ['contract']],
  ['Errors, and what to do', INDEX, ['errors.d.ts', 'remedy.d.ts']],
  ['Without NATS: `heddle-ts/gateway-client`', CLIENT, ['gateway']],
  ['In tests: `heddle-ts/testing`', TESTING, ['time', 'transport']],
];

const files = new Map();

/** The top-level declarations of one file of types, in order, and what it hands on from others. */
function read(path) {
  if (files.has(path)) return files.get(path);
  const declared = new Map();
  const handed = [];
  let comment = '';
  for (const statement of statementsOf(readFileSync(path, 'utf8'))) {
    if (statement.startsWith('/*')) {
      comment = statement;
      continue;
    }
    const from = /^export (?:type )?(\*|\{[\s\S]*\}) from '([^']+)';$/.exec(statement);
    const name = /^export (?:declare )?(?:abstract )?(?:function|const|class|interface|type|enum) ([\w$]+)/.exec(
      statement,
    )?.[1];
    if (from !== null) {
      const names = from[1] === '*' ? undefined : namesOf(from[1]);
      handed.push({ file: join(dirname(path), from[2].replace(/\.ts$/, '.d.ts')), names });
    } else if (name !== undefined) {
      const known = declared.get(name);
      const text = statement.replace(/^export (?:declare )?/, '');
      declared.set(name, {
        comment: known?.comment || comment,
        text: known === undefined ? text : `${known.text}\n${text}`,
      });
    }
    comment = '';
  }
  const found = { declared, handed };
  files.set(path, found);
  return found;
}

/** `type A, B as C`: what each is called there, and here. */
function namesOf(braces) {
  return braces
    .slice(1, -1)
    .split(',')
    .map((each) => each.trim().replace(/^type /, ''))
    .filter(Boolean)
    .map((each) => each.split(' as '))
    .map(([there, here = there]) => ({ there, here }));
}

/** Comments and statements, as the compiler writes them: a statement begins in the first column and ends with its line. */
function statementsOf(text) {
  const found = [];
  let open = '';
  for (const line of text.split('\n')) {
    if (open === '' && line.trim() === '') continue;
    open += open === '' ? line : `\n${line}`;
    const ended = open.startsWith('/*') ? open.endsWith('*/') : /[;}]$/.test(line) && /^(?:[^ ]|$)/.test(line);
    if (!ended) continue;
    found.push(open);
    open = '';
  }
  return found;
}

/** Every export of a file, in order: where it is declared, under which name, and whose face hands it on first. */
function exportsOf(path) {
  const { declared, handed } = read(path);
  const found = [...declared].map(([name, each]) => ({ name, path, ...each }));
  for (const { file, names } of handed) {
    const room = file.split('/')[2];
    const all = exportsOf(file).map((each) => ({ ...each, room }));
    if (names === undefined) found.push(...all);
    for (const { there, here } of names ?? []) {
      const one = all.find(({ name }) => name === there);
      if (one === undefined) throw new Error(`${path} hands on ${there}, which ${file} does not declare`);
      found.push({ ...one, name: here });
    }
  }
  return found;
}

/** The words of a comment, as one line a paragraph. */
function prose(comment) {
  const lines = comment
    .replace(/^\/\*\*?/, '')
    .replace(/\*\/$/, '')
    .split('\n')
    .map((line) => line.replace(/^\s*\*? ?/, '').trimEnd());
  return lines
    .join('\n')
    .trim()
    .split(/\n{2,}/)
    .map((part) => part.replaceAll('\n', ' '))
    .join('\n\n')
    .replaceAll(/(?<!`[^`]*)([<>*_])(?![^`]*`)/g, '\\$1');
}

const isValue = ({ text }) => /^(?:abstract )?(?:function|const|class)/.test(text);
const silent = [];

function entry(each) {
  const words = prose(each.comment);
  if (words === '') silent.push(`${each.name} (${each.path.replace('dist/sdk/', 'src/').replace('.d.ts', '.ts')})`);
  return `### ${each.name}\n\n${words}\n\n\`\`\`ts\n${each.text.replaceAll('    ', '  ')}\n\`\`\`\n`;
}

const sections = PARTS.map(([title, face, rooms]) => {
  const all = exportsOf(face)
    .filter(({ room }) => rooms.includes(room))
    .sort((a, b) => rooms.indexOf(a.room) - rooms.indexOf(b.room));
  if (all.length === 0) throw new Error(`"${title}" has no exports`);
  const ordered = [...all.filter(isValue), ...all.filter((each) => !isValue(each))];
  return { title, all, text: `## ${title}\n\n${ordered.map(entry).join('\n')}` };
});

const shown = new Set(sections.flatMap(({ all }) => all.map(({ name }) => name)));
for (const { name, path } of [...exportsOf(INDEX), ...exportsOf(TESTING)]) {
  if (!shown.has(name)) throw new Error(`${name} of ${path} stands in no part of the page`);
}
if (silent.length > 0) {
  console.error(`These exports say nothing of themselves; write a sentence above each:\n  ${silent.join('\n  ')}`);
  process.exit(1);
}

const contents = sections.map(({ title, all }) => {
  const values = all.filter(isValue).map(({ name }) => `[${name}](#${name.toLowerCase()})`);
  return `| ${title} | ${values.join(', ') || 'types only'} |`;
});

const page = `# The package in a program

Everything that the command line can do, a program can: \`npm install heddle-ts\`, Node 20.19 or later, ES modules, types included.

\`\`\`ts title=first.ts
import { connect, isHeddleError, systemClock, systemUuid, waitForTask } from 'heddle-ts';

const bus = await connect({ servers: ['nats://127.0.0.1:4222'] });
try {
  const task = { workerType: 'echo', tier: 'local', payload: { text: 'hi' } } as const;
  const outcome = await waitForTask(bus, task, { now: systemClock.now, uuid: systemUuid }, { timeoutMs: 10_000 });
  console.log(outcome.kind === 'completed' ? outcome.result.output : outcome.kind);
} catch (error) {
  if (!isHeddleError(error)) throw error;
  console.error(error.code, error.message, error.hint, error.remedy);
} finally {
  await bus.close();
}
\`\`\`

\`\`\`ts title=check.ts
import { validateConfigs } from 'heddle-ts';

const { ok, files } = await validateConfigs(['configs']);
for (const { findings } of files) {
  for (const { file, line, column, message } of findings) console.log(\`\${file}:\${line}:\${column}: \${message}\`);
}
process.exitCode = ok ? 0 : 1;
\`\`\`

\`\`\`ts title=worker.test.ts
import { runWorker } from 'heddle-ts';
import { createFakeClock, createMemoryBus } from 'heddle-ts/testing';

const clock = createFakeClock();
const bus = createMemoryBus({ clock });
const worker = await runWorker(await bus.connect(), {
  config: { name: 'shout' },
  handler: ({ text }: { text: string }) => ({ text: text.toUpperCase() }),
  clock,
});
await worker.stop(1_000);
await bus.close();
\`\`\`

What fails as foreseen throws a [HeddleError](#heddleerror) with a stable \`code\`. Options are checked when a function is called: a key that
there is not, or a value of another type, throws \`usage\` and says what was meant. Where a time is an option it is in milliseconds.

| | |
|---|---|
${contents.join('\n')}

This page is made by \`tools/generate-sdk-doc.mjs\` from the types and their comments.

${sections.map(({ text }) => text).join('\n')}`;

const file = 'docs/sdk.md';
if (process.argv.includes('--check')) {
  if (!existsSync(file) || readFileSync(file, 'utf8').replaceAll('\r\n', '\n') !== page) {
    console.error(`${file} differs from the types; run: node tools/build.mjs && node tools/generate-sdk-doc.mjs`);
    process.exit(1);
  }
} else writeFileSync(file, page);
