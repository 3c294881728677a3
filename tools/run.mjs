// One child program, its output passed through; a failure ends this program with the same code.
import { spawnSync } from 'node:child_process';

export function run(program, args, options = {}) {
  const done = spawnSync(program === 'node' ? process.execPath : program, args, { stdio: 'inherit', ...options });
  if (done.error) throw done.error;
  if (done.status !== 0) process.exit(done.status ?? 1);
}
