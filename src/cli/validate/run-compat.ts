import { resolve } from 'node:path';
import { configsUnder, findFiles, isDirectory, tidy } from '../../config/find-files.ts';
import { HeddleError } from '../../errors.ts';
import { type HeddleVerdict, heddleVerdict } from '../../validate/compat.ts';
import type { RuleFailure } from '../../validate/engine.ts';
import { RULES } from '../../validate/rules/list.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { disarmLine } from '../screen/disarm.ts';
import { symbolsFor } from '../screen/symbols.ts';
import type { Session } from '../session.ts';
import { documents } from './documents.ts';
import type { ValidateFlags } from './flags.ts';
import type { ValidateFormat } from './formats/list.ts';
import { onlyHumanOrJson } from './results.ts';
import { readConfigOfStdin } from './run-files.ts';

/** The verdict of `heddle validate` and its exit codes: 1 also where we say 2, for nothing found and nothing named. */
export async function runCompat(
  session: Session<ValidateFormat>,
  args: readonly string[],
  flags: ValidateFlags,
): Promise<ExitCode> {
  onlyHumanOrJson(session, '--compat');
  const files = filesOf(session, args, flags);
  if (typeof files === 'string') {
    if (session.machine) session.json({ schema_version: 1, ok: false, error: { message: files } });
    else session.io.stderr.write(`Error: ${disarmLine(files)}\n`);
    return EXIT.no;
  }
  const stdin = files.includes('-') ? await readConfigOfStdin(session) : undefined;
  const failures: RuleFailure[] = [];
  const verdicts: HeddleVerdict[] = [];
  for (const document of documents(session, files, stdin, flags))
    verdicts.push(heddleVerdict(document, RULES, failures));
  const [failure] = failures;
  if (failure !== undefined)
    throw new HeddleError('internal', `the rule ${failure.rule} failed on ${failure.file}`, { cause: failure.error });
  const invalid = verdicts.filter(({ valid }) => !valid).length;
  if (session.machine) {
    const summary = { files: verdicts.length, valid: verdicts.length - invalid, invalid };
    session.json({ schema_version: 1, ok: invalid === 0, compat: true, summary, files: verdicts });
  } else show(session, verdicts, invalid);
  return invalid === 0 ? EXIT.ok : EXIT.no;
}

function filesOf(
  { io: { cwd } }: Session,
  args: readonly string[],
  { all, configsDir }: ValidateFlags,
): readonly string[] | string {
  if (all) {
    if (!isDirectory(resolve(cwd, configsDir))) return `Config directory not found: ${configsDir}`;
    const found = configsUnder(tidy(configsDir), { heddle: true, cwd });
    return found.length > 0 ? found : `No YAML files found in ${configsDir}`;
  }
  return args.length > 0 ? findFiles(args, { heddle: true, cwd }).files : 'Provide config file paths or use --all.';
}

function show(session: Session, verdicts: readonly HeddleVerdict[], invalid: number): void {
  const { style, unicode } = session.out;
  const symbols = symbolsFor(unicode);
  session.print('');
  for (const { file, type, valid, errors } of verdicts) {
    const mark = valid ? style.good(symbols.ok) : style.bad(symbols.fail);
    session.print(`  ${mark} ${style.accent(`[${type}]`)} ${disarmLine(file)}`);
    for (const { key, message } of errors) {
      const named = type === 'unknown' || message.includes(key) ? message : `${key}: ${message}`;
      session.print(style.bad(`    ${symbols.arrow} ${disarmLine(named)}`));
    }
  }
  session.print('');
  const valid = verdicts.length - invalid;
  session.print(
    invalid === 0 ? style.good(`  ${valid} config(s) valid`) : style.bad(`  ${invalid} invalid, ${valid} valid`),
  );
  session.print('');
}
