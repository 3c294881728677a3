import { resolve } from 'node:path';
import { configsUnder, findFiles, isDirectory, tidy } from '../../config/find-files.ts';
import { HeddleError } from '../../errors.ts';
import { count, type RuleFailure, validate } from '../../validate/engine.ts';
import { RULES } from '../../validate/rules/list.ts';
import type { CommandOptions } from '../command.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { FORMATS, type Results } from '../output/validate/list.ts';
import type { FormatName } from '../output/validate/names.ts';
import type { Session } from '../session.ts';
import { failOnOf, ignoredOf, kindOf } from './choices.ts';
import { documents } from './documents.ts';
import { readStdin } from './input.ts';

export async function runFiles(session: Session, args: readonly string[], options: CommandOptions): Promise<ExitCode> {
  const as = kindOf(options);
  const failOn = failOnOf(options);
  const ignore = ignoredOf(options);
  if (options.compat === true) return (await import('./run-compat.ts')).runCompat(session, args, options);
  if (options.summary === true && session.format !== 'human' && session.format !== 'json') {
    throw new HeddleError('usage', `--summary writes human and json, not ${session.format}`);
  }
  const files = filesOf(session, args, options);
  const stdin = files.includes('-') ? await readStdin(session) : undefined;
  const { files: judged, failures } = validate(documents(session, files, stdin, options), { rules: RULES, as, ignore });
  const counts = count(judged);
  const ok = counts.error === 0 && (failOn === 'error' || counts.warning === 0);
  const results: Results = { files: judged, counts, failOn, ok };
  if (options.summary === true) (await import('./summary.ts')).summary(session, results);
  else (await FORMATS[session.format as FormatName]())(session, results);
  if (failures.length > 0) reportFailures(failures);
  return ok ? EXIT.ok : EXIT.no;
}

/** Everything else was judged and shown; a mistake of ours must still not look like a verdict. */
function reportFailures(failures: readonly RuleFailure[]): never {
  const [{ rule, file, error }] = failures as [RuleFailure];
  throw new HeddleError('internal', `the rule ${rule} failed${file === '' ? '' : ` on ${file}`}`, { cause: error });
}

function filesOf(session: Session, args: readonly string[], options: CommandOptions): readonly string[] {
  const { cwd } = session.io;
  if (options.all === true) {
    const directory = String(options.configsDir);
    if (!isDirectory(resolve(cwd, directory))) {
      throw new HeddleError('no_match', `there is no directory ${directory}`, {
        hint: 'Name the directory of your configs with --configs-dir.',
      });
    }
    const found = configsUnder(tidy(directory), { cwd });
    if (found.length === 0) throw new HeddleError('no_match', `no config (*.yaml, *.yml) below ${directory}`);
    return found;
  }
  if (args.length === 0) {
    throw new HeddleError('usage', 'validate: no config was named', {
      hint: 'Name files, directories or globs, - for stdin, or pass --all for every config below configs/.',
    });
  }
  const { files, unmatched } = findFiles(args, { cwd });
  const [first] = unmatched;
  if (first !== undefined) {
    throw new HeddleError('no_match', `no config matches ${unmatched.map((each) => JSON.stringify(each)).join(', ')}`, {
      hint: 'A directory is searched for *.yaml and *.yml, without _template.yaml and names that start with a dot.',
    });
  }
  return files;
}
