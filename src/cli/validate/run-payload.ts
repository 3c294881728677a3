import { resolve } from 'node:path';
import { readConfigFile } from '../../config/read-file.ts';
import { MAX_FILE_BYTES } from '../../config/text.ts';
import { HeddleError } from '../../errors.ts';
import { judgePayload, type SchemaVerdict } from '../../validate/payload.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { readInput } from '../read-input.ts';
import { disarmLine } from '../screen/disarm.ts';
import { symbolsFor } from '../screen/symbols.ts';
import type { Session } from '../session.ts';
import type { ValidateFlags } from './flags.ts';
import type { ValidateFormat } from './formats/list.ts';
import { onlyHumanOrJson } from './results.ts';

/** Two verdicts on one payload. The exit code follows Heddle's: it is what happens on the bus. */
export async function runPayload(
  session: Session<ValidateFormat>,
  args: readonly string[],
  {
    payload: name,
    against: config,
    outputSchema,
  }: Pick<ValidateFlags, 'outputSchema'> & { readonly payload: string; readonly against: string },
): Promise<ExitCode> {
  if (args.length > 0) throw new HeddleError('usage', 'validate: --payload takes no further files');
  onlyHumanOrJson(session, '--payload');
  const payload = await payloadBytes(session, name);
  const side = outputSchema ? 'output' : 'input';
  const verdicts = await judgePayload(readConfigFile(resolve(session.io.cwd, config), config), payload, side);
  if (session.machine) {
    session.json({
      schema_version: 1,
      ok: verdicts.heddle.valid,
      config,
      payload: isText(name) ? '--payload' : name,
      ...verdicts,
    });
  } else {
    if (!verdicts.schema) session.print(`${disarmLine(config)} has no ${side}_schema: every payload passes`);
    line(session, 'Heddle', 'accepts', 'refuses', verdicts.heddle);
    line(session, 'JSON Schema', 'valid', 'not valid', verdicts.json_schema);
  }
  return verdicts.heddle.valid ? EXIT.ok : EXIT.no;
}

function isText(written: string): boolean {
  return /^\s*\{/.test(written);
}

/** As `submit` takes it: the text itself, a file with or without an @ before its name, or stdin. */
async function payloadBytes({ io, stop }: Session, written: string): Promise<Uint8Array> {
  if (isText(written)) return Buffer.from(written);
  return await readInput({ name: written.replace(/^@/, ''), flag: '--payload' }, io, stop, MAX_FILE_BYTES);
}

function line(session: Session, who: string, yes: string, no: string, { valid, errors }: SchemaVerdict): void {
  const { style, unicode } = session.out;
  const symbols = symbolsFor(unicode);
  if (valid === null) session.print(`${style.warn(symbols.warn)} ${who}: unknown`);
  else session.print(`${valid ? style.good(symbols.ok) : style.bad(symbols.fail)} ${who}: ${valid ? yes : no}`);
  for (const error of errors) session.print(`    ${disarmLine(error)}`);
}
