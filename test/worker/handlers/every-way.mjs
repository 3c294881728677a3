// A program for tests: it does what the payload asks for, one JSON line a task.
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';

const state = { tasks: 0 };
const say = (value) => writeSync(1, `${typeof value === 'string' ? value : JSON.stringify(value)}\n`);
if (process.argv.includes('--die')) process.exit(3);

for await (const line of createInterface({ input: process.stdin })) {
  const { task_id, payload, metadata } = JSON.parse(line);
  state.tasks += 1;
  switch (payload.do) {
    case 'echo':
      say(line.replace('"payload"', '"output"'));
      break;
    case 'count':
      say({ task_id, output: { tasks: state.tasks, pid: process.pid, tier: metadata.model_tier } });
      break;
    case 'error':
      say({ task_id, error: payload.error });
      break;
    case 'die':
      process.stderr.write('last words\n');
      process.exit(payload.code ?? 7);
      break;
    case 'garbage':
      say('this is no JSON');
      break;
    case 'long':
      say({ task_id, output: { text: 'x'.repeat(payload.size) } });
      break;
    case 'nothing':
      say({ task_id });
      break;
    case 'anonymous':
      say({ output: {} });
      break;
    case 'hang':
      break;
    case 'later':
      setTimeout(() => say({ task_id, output: { after: payload.ms, pid: process.pid } }), payload.ms);
      break;
    case 'twice':
      say({ task_id, output: { n: 1 } });
      say({ task_id, output: { n: 2 } });
      break;
    case 'nan':
      say(`{"task_id":${JSON.stringify(task_id)},"output":{"x":NaN}}`);
      break;
    case 'beside':
      say({ task_id, output: {}, model_used: 'm', token_usage: { prompt_tokens: 2 }, metadata: { a: 1 } });
      break;
    default:
      say({ task_id, error: `what is ${payload.do}?` });
  }
}
