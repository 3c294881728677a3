import type { Finding } from '../../validate/finding.ts';
import { command } from '../command.ts';
import { EXIT } from '../exit.ts';
import { toggle } from '../flags/flag.ts';
import { flagGroup } from '../flags/group.ts';
import type { Formats } from '../output-format.ts';
import { DEFAULT_CONFIG } from './flags.ts';

/** What is said of one config. */
interface Checked {
  readonly file: string;
  readonly ok: boolean;
  readonly findings: readonly Finding[];
  /** undefined where the config cannot be read. */
  readonly contract: unknown;
}

const FORMATS = {
  human: async (session) => {
    const [{ block }, { contractLines }] = await Promise.all([
      import('../validate/formats/human.ts'),
      import('./contract-lines.ts'),
    ]);
    return ({ file, ok, findings, contract }) => {
      for (const each of findings) session.print(`${block(each, session.out)}\n`);
      const { style } = session.out;
      session.print(ok ? style.good(`${file} can be served`) : style.bad(`${file} cannot be served`));
      if (contract !== undefined) for (const line of contractLines(contract)) session.print(`  ${line}`);
    };
  },
  json: async (session) => {
    const { adviceText } = await import('../remedies.ts');
    return ({ file, ok, findings, contract }) =>
      session.json({
        schema_version: 1,
        ok,
        file,
        findings: findings.map((each) => ({
          rule: each.rule,
          severity: each.severity,
          message: each.message,
          line: each.line,
          column: each.column,
          hint: adviceText(each) ?? null,
        })),
        contract: contract ?? null,
      });
  },
} satisfies Formats<(checked: Checked) => void>;

const CHECKING = flagGroup({
  heading: 'Checking:',
  flags: { secrets: toggle('--secrets', 'also whether every secret that it names is there and usable') },
});

/** The verdict of `validate` on one gateway config, and the contract that follows from it. Nothing is connected. */
export const gatewayCheck = command({
  formats: FORMATS,
  connects: false,
  examples: [
    ['heddle-ts gateway check', `checks ${DEFAULT_CONFIG}`],
    ['heddle-ts gateway check gateway.yaml --secrets -o json', 'with the secrets of this environment, for a script'],
  ],
  operand: ['[file]', `the config (default ${DEFAULT_CONFIG})`],
  groups: [CHECKING],
  run: async (session, [written], { secrets }) => {
    const [{ readConfigFile }, { readGatewayConfig }, { validate }, { RULES }, { contractOf }, { VERSION }] =
      await Promise.all([
        import('../../config/read-file.ts'),
        import('../../config/views/gateway-config/read.ts'),
        import('../../validate/engine.ts'),
        import('../../validate/rules/list.ts'),
        import('../../gateway/contract.ts'),
        import('../../version.ts'),
      ]);
    const [{ resolve }, { secretsOf }, { describedParts }, { loadGatewayFiles }] = await Promise.all([
      import('node:path'),
      import('./load.ts'),
      import('../../gateway/parts/list.ts'),
      import('../../gateway/files.ts'),
    ]);
    const shown = written ?? DEFAULT_CONFIG;
    const file = resolve(session.io.cwd, shown);
    const document = readConfigFile(file, shown);
    const { files, failures } = validate([document], { rules: RULES, as: 'gateway' });
    const [failure] = failures;
    if (failure !== undefined) throw failure.error;
    const findings = files[0]?.findings ?? [];
    const ok = findings.every(({ severity }) => severity !== 'error');
    const read = readGatewayConfig(document);
    const parts = read.ok ? describedParts(read.value) : [];
    const inputs = ok ? loadGatewayFiles(file, shown).inputs : undefined;
    for (const part of parts) await part.look?.();
    if (ok && secrets && read.ok) {
      const { openLive } = await import('../../gateway/live.ts');
      const means = { secrets: secretsOf(session, { file, shown }), clock: session.io.clock };
      openLive(read.value, means.secrets, new Map());
      for (const part of parts) await part.prepare?.(read.value, means);
    }
    const contract = read.ok
      ? contractOf(read.value, { version: VERSION, store: undefined, parts, inputs })
      : undefined;
    (await FORMATS[session.format](session))({ file: shown, ok, findings, contract });
    return ok ? EXIT.ok : EXIT.no;
  },
});
