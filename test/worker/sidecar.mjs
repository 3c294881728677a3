// A program beside a worker, good or bad as its first argument says.
import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { env, exit, pid, stdin, stdout } from 'node:process';

const [how, file] = process.argv.slice(2);
if (file !== undefined) appendFileSync(file, `${pid}\n`);
const say = (value) => stdout.write(`${JSON.stringify(value)}\n`);

/** Answers each connection with a word, wherever it is told to listen. */
function serve(ready) {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.end(`pong from ${pid}\n`);
  });
  const at = env.HEDDLE_SIDECAR_ADDRESS;
  if (at?.startsWith('unix:')) server.listen(at.slice('unix:'.length), ready);
  else if (at !== undefined) server.listen(Number(at.split(':').at(-1)), '127.0.0.1', ready);
  else server.listen(0, '127.0.0.1', () => ready(`127.0.0.1:${server.address().port}`));
}

const untilInputEnds = () => stdin.resume().on('end', () => exit(0));

switch (how) {
  case 'good':
    serve((address) => say({ type: 'ready', address }));
    untilInputEnds();
    break;
  case 'quiet':
    serve(() => {});
    untilInputEnds();
    break;
  case 'bad-lines':
    stdout.write('no json\n[1]\n\n{"type":"unknown"}\n');
    stdout.write(`"${'x'.repeat(1024 * 1024)}"\n`);
    say({ type: 'log', message: 'now I am' });
    serve((address) => say({ type: 'ready', address }));
    untilInputEnds();
    break;
  case 'flood': {
    serve((address) => say({ type: 'ready', address }));
    const noise = `${'{"type":"noise"}\n'.repeat(4_000)}`;
    const more = () => {
      while (stdout.write(noise));
      stdout.once('drain', more);
    };
    setTimeout(more, 200);
    untilInputEnds();
    break;
  }
  case 'deaf':
    process.on('SIGTERM', () => {});
    // What it starts does not listen either.
    appendFileSync(
      file,
      `${spawn(process.execPath, ['-e', 'process.on("SIGTERM",()=>{});setInterval(()=>{},1000)']).pid}\n`,
    );
    serve((address) => say({ type: 'ready', address }));
    setInterval(() => {}, 1_000);
    break;
  default:
    exit(3);
}
