// A program that watches, as the tests need one. Its path says how it behaves.
import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';

const [mode, path = '', marks = ''] = process.argv.slice(2);
const say = (line) => process.stdout.write(`${typeof line === 'string' ? line : JSON.stringify(line)}\n`);
const behave = (where, id) => {
  const doc = (n, op = 'added') => ({
    ...(id && { type: 'event', id }),
    doc_id: `${n}`,
    data: { n, where, pid: process.pid },
    op,
  });
  if (where.endsWith('/live')) {
    let n = 0;
    setInterval(() => say(doc(n++)), 10);
  } else if (where.endsWith('/bad')) {
    say(doc(1));
    say('this is no line');
    say('');
    say('x'.repeat(300_000));
    say(doc(2, 'removed'));
  } else if (where.endsWith('/flood')) {
    const line = `${JSON.stringify({ ...doc(0), data: 'y'.repeat(2_000) })}\n`.repeat(500);
    for (let at = 0; at < 60; at += 1) process.stdout.write(line);
  } else if (where.endsWith('/die')) {
    say(doc(1));
    setTimeout(() => process.exit(3), 50);
  } else if (where.endsWith('/grandchild')) {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
    process.on('SIGTERM', () => {});
    say({ ...doc(1), data: { pid: process.pid, grandchild: child.pid } });
  } else if (where.endsWith('/env')) {
    say({ ...doc(1), data: Object.keys(process.env).sort() });
  } else say(doc(1));
};
if (marks !== '') appendFileSync(marks, `${process.pid}\n`);
process.stderr.write('a word on the side\n');
if (mode === 'alone') {
  behave(path);
  setInterval(() => {}, 1_000);
  if (!path.endsWith('/grandchild')) process.stdin.on('end', () => process.exit(0)).resume();
} else {
  let text = '';
  process.stdin.on('end', () => process.exit(0));
  process.stdin.on('data', (part) => {
    text += part;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
      const asked = JSON.parse(text.slice(0, end));
      text = text.slice(end + 1);
      if (asked.type === 'subscribe') behave(asked.path, asked.id);
    }
  });
}
