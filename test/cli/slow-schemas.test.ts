import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startProgram } from '../helpers/program.ts';

/** A config whose schema holds a pattern that takes for ever over the payload beside it. */
function hostile(t: { after(undo: () => void): void }): string {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-slow-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(
    join(folder, 'w.yaml'),
    "name: w\nworker_kind: processor\ninput_schema:\n  type: object\n  properties:\n    text: {type: string, pattern: '^(a+)+$'}\n",
  );
  writeFileSync(join(folder, 'p.json'), JSON.stringify({ text: `${'a'.repeat(60)}!` }));
  return folder;
}

for (const argv of [
  ['validate', '--payload', 'p.json', '--against', 'w.yaml'],
  ['submit', '--config', 'w.yaml', '--strict', '--payload', '@p.json', '--dry-run'],
]) {
  test(`${argv[0]} ends, whatever pattern a schema holds`, async (t) => {
    const program = startProgram(t, argv, { cwd: hostile(t) });
    await program.seen(/could not be checked against .* within \d+00 ms/);
    // What Heddle itself checks is the top level: there the payload is well.
    assert.equal(await program.ended, argv[0] === 'validate' ? 0 : 1);
  });
}

test('a check that came to no end is no verdict', async (t) => {
  const cwd = hostile(t);
  const asked = ['validate', '--payload', 'p.json', '--against', 'w.yaml'];
  const human = startProgram(t, asked, { cwd });
  await human.ended;
  assert.match(human.stdout(), /JSON Schema: unknown\n/);
  assert.doesNotMatch(human.stdout(), /not valid/);
  const machine = startProgram(t, [...asked, '-o', 'json'], { cwd });
  await machine.ended;
  assert.equal((JSON.parse(machine.stdout()) as { json_schema: { valid: unknown } }).json_schema.valid, null);
});
