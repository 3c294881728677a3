import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runInForeground } from '../../../child/foreground.ts';
import { splitCommand } from '../../../child/split-command.ts';
import { compactJson } from '../../../contract/compact-json.ts';
import { HeddleError } from '../../../errors.ts';
import { prettyJson } from '../../screen/pretty-json.ts';
import type { Session } from '../../session.ts';

/** The work as the user left it in an editor, on one line; every number keeps its digits. Throws when nothing was changed. */
export async function edited({ io }: Session, work: string): Promise<string> {
  const editor = io.env.VISUAL || io.env.EDITOR;
  if (editor === undefined || editor === '') {
    throw new HeddleError('usage', '--edit needs an editor, and neither VISUAL nor EDITOR names one', {
      hint: 'For instance: EDITOR=nano heddle-ts dead-letter replay <id> --edit. Or set fields: --set key=value.',
    });
  }
  const folder = await mkdtemp(join(io.env.TMPDIR ?? '/tmp', 'heddle-edit-'));
  const file = join(folder, 'work.json');
  try {
    const before = `${prettyJson(work)}\n`;
    await writeFile(file, before, { mode: 0o600 });
    const [program, ...args] = splitCommand(editor);
    const code = await runInForeground([program, ...args, file], { cwd: io.cwd, env: io.env });
    if (code !== 0) throw new HeddleError('input_invalid', `the editor ended with ${code}; nothing was sent`);
    const after = await readFile(file, 'utf8');
    if (after.trim() === before.trim()) {
      throw new HeddleError('input_invalid', 'nothing was changed in the editor; nothing was sent');
    }
    return compactJson(after);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
