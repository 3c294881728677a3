import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { configsUnder, findFiles, isDirectory, tidy } from '../../config/find-files.ts';
import { MAX_FILE_BYTES } from '../../config/text.ts';
import { HeddleError } from '../../errors.ts';
import { didYouMean } from '../../suggest.ts';
import { count, type RuleFailure, validate } from '../../validate/engine.ts';
import { RULES } from '../../validate/rules/list.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { refuseMisplaced } from '../misplaced.ts';
import { readUpTo } from '../read-input.ts';
import { quotedValue } from '../screen/looks-secret.ts';
import type { Session } from '../session.ts';
import { shownPath } from '../settings/files.ts';
import { ignoredOf } from './choices.ts';
import { documents } from './documents.ts';
import type { ValidateFlags } from './flags.ts';
import { FORMATS, type ValidateFormat } from './formats/list.ts';
import { onlyHumanOrJson, type Results } from './results.ts';

export async function runFiles(
  session: Session<ValidateFormat>,
  args: readonly string[],
  flags: ValidateFlags,
): Promise<ExitCode> {
  const { as, failOn } = flags;
  const ignore = ignoredOf(flags);
  if (flags.summary) onlyHumanOrJson(session, '--summary');
  const files = filesOf(session, args, flags);
  const stdin = files.includes('-') ? await readConfigOfStdin(session) : undefined;
  const { files: judged, failures } = validate(documents(session, files, stdin, flags), { rules: RULES, as, ignore });
  const counts = count(judged);
  const ok = counts.error === 0 && (failOn === 'error' || counts.warning === 0);
  const results: Results = { files: judged, counts, failOn, ok };
  if (flags.summary) (await import('./summary.ts')).summary(session, results);
  else (await FORMATS[session.format]())(session, results);
  if (failures.length > 0) reportFailures(failures);
  return ok ? EXIT.ok : EXIT.no;
}

/** Everything else was judged and shown; a mistake of ours must still not look like a verdict. */
function reportFailures(failures: readonly RuleFailure[]): never {
  const [{ rule, file, error }] = failures as [RuleFailure];
  throw new HeddleError('internal', `the rule ${rule} failed${file === '' ? '' : ` on ${file}`}`, { cause: error });
}

function filesOf(session: Session, args: readonly string[], { all, configsDir }: ValidateFlags): readonly string[] {
  const { cwd } = session.io;
  if (all) {
    if (!isDirectory(resolve(cwd, configsDir))) {
      throw new HeddleError('no_match', `there is no directory ${shownPath(configsDir)}`, {
        hint: 'Name the directory of your configs with --configs-dir.',
      });
    }
    const found = configsUnder(tidy(configsDir), { cwd });
    if (found.length === 0) throw new HeddleError('no_match', `no config (*.yaml, *.yml) below ${configsDir}`);
    return found;
  }
  if (args.length === 0) {
    throw new HeddleError('usage', 'validate: no config was named', {
      hint: 'Name files, directories or globs, - for stdin, or pass --all for every config below configs/.',
    });
  }
  refuseMisplaced(args, cwd);
  const { files, unmatched } = findFiles(args, { cwd });
  refuseMissing(files, cwd);
  const [first] = unmatched;
  if (first !== undefined) {
    throw new HeddleError('no_match', `no config matches ${unmatched.map((each) => JSON.stringify(each)).join(', ')}`, {
      hint: 'A directory is searched for *.yaml and *.yml, without _template.yaml and names that start with a dot.',
    });
  }
  return files;
}

/** A name that leads nowhere is a slip of the command line, and no verdict on a config. */
function refuseMissing(files: readonly string[], cwd: string): void {
  const missing = files.filter((file) => file !== '-' && !mayBeThere(resolve(cwd, file)));
  const [first] = missing;
  if (first === undefined) return;
  const folder = dirname(resolve(cwd, first));
  const near = didYouMean(basename(first), isDirectory(folder) ? readdirSync(folder) : []);
  const message =
    missing.length === 1
      ? `there is no such file: ${quotedValue(first)}`
      : `there are no such files: ${missing.map(quotedValue).join(', ')}`;
  throw new HeddleError('no_match', message, {
    hint:
      near === undefined
        ? 'Correct the path, or name a directory to judge every config below it.'
        : `D${near.slice(1)}`,
  });
}

/** What may not be looked at is for the reading to say. */
function mayBeThere(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return true;
  }
}

/** One byte more than a config may have tells that it is too large, which is a finding like others. */
export function readConfigOfStdin({ io, stop }: Session): Promise<Uint8Array> {
  return readUpTo({ name: '-', flag: 'validate' }, io, stop, MAX_FILE_BYTES);
}
