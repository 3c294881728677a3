import type { DevSkipped, DevWorker } from '../../dev/find-workers.ts';
import type { RouterRules } from '../../router/rules.ts';
import type { LogFormat } from '../log/formats.ts';
import { disarmLine } from '../screen/disarm.ts';
import { type Cell, renderTable } from '../screen/table.ts';
import type { Session } from '../session.ts';

export interface DevOverview {
  readonly url: string;
  readonly bus: string;
  /** Where it speaks MQTT; undefined: nowhere. */
  readonly mqtt: string | undefined;
  readonly workers: readonly DevWorker[];
  readonly skipped: readonly DevSkipped[];
  readonly rules: RouterRules;
  /** Undefined: there is none. */
  readonly rulesFile: string | undefined;
  /** Where HTTP is served; undefined: nowhere. */
  readonly gateway: string | undefined;
}

/** What runs, and what to type next; the last line is the one that scripts wait for. */
export function showDev(session: Session, format: LogFormat, overview: DevOverview): void {
  if (format === 'ndjson') session.json(document(overview, session.io.clock.now()));
  else session.print(`\n${page(session, overview)}\n`);
}

function page(session: Session, { url, bus, mqtt, workers, skipped, rules, rulesFile, gateway }: DevOverview): string {
  const { style, width } = session.out;
  const faint = style.faint;
  const rows: Cell[][] = [
    ['bus', { text: url, style: style.accent }, { text: bus, style: faint }],
    ['router', rulesFile ?? 'no rules', { text: limitsOf(rules), style: faint }],
  ];
  if (mqtt !== undefined) {
    rows.push([
      'mqtt',
      { text: mqtt, style: style.accent },
      { text: 'heddle/tasks/incoming is the router', style: faint },
    ]);
  }
  for (const { settings, handler, file } of workers) {
    const how =
      handler.kind === 'echo' ? 'echoes' : handler.kind === 'module' ? handler.shown : handler.command.join(' ');
    const from = file === undefined ? '' : `, ${file}`;
    const text = `${settings.name}.${settings.tier}`;
    rows.push(['worker', { text, style: style.accent }, { text: `${how}${from}`, style: faint }]);
  }
  if (gateway !== undefined)
    rows.push(['gateway', { text: gateway, style: style.accent }, { text: 'HTTP', style: faint }]);
  for (const { file, name, reason } of skipped) {
    rows.push([{ text: 'not run', style: style.warn }, name ?? file, { text: reason, style: faint }]);
  }
  const table = renderTable({ columns: [{}, {}, { shrinks: true }], rows, width, indent: 2 });
  const at = `--nats-url ${url}`;
  const [first] = workers;
  const type = disarmLine(first?.settings.name ?? 'echo');
  return [
    style.strong('A Heddle bus, for local work.'),
    '',
    ...table,
    '',
    'Try, in another terminal:',
    `  heddle-ts status ${at}`,
    `  heddle-ts submit ${type} --tier ${first?.settings.tier ?? 'local'} --set text=hello --wait ${at}`,
    `  heddle-ts tail --all ${at}`,
    ...(gateway === undefined ? [] : [`  ${curlLine(gateway, type, first?.settings.tier ?? 'local')}`]),
    '',
    `${style.good('ready')} ${url}${faint('   Ctrl-C ends all of it')}`,
  ].join('\n');
}

function curlLine(gateway: string, type: string, tier: string): string {
  const body = `{"worker_type": "${type}", "model_tier": "${tier}", "payload": {"text": "hello"}}`;
  return `curl ${gateway}/v1/tasks -H 'content-type: application/json' -H 'prefer: wait=5' -d '${body}'`;
}

function limitsOf({ rateLimits }: RouterRules): string {
  const limits = [...rateLimits].map(([tier, { maxConcurrent }]) => `${tier} ${maxConcurrent} a minute`);
  return limits.length === 0 ? 'no rate limits' : `at most ${limits.join(', ')}`;
}

function document({ url, bus, mqtt, workers, skipped, rulesFile, gateway }: DevOverview, now: number): unknown {
  return {
    schema_version: 1,
    time: new Date(now).toISOString(),
    level: 'info',
    event: 'ready',
    url,
    bus,
    mqtt: mqtt ?? null,
    rules: rulesFile ?? null,
    gateway: gateway ?? null,
    workers: workers.map(({ settings, handler, file }) => ({
      worker_type: settings.name,
      tier: settings.tier,
      handler: handler.kind,
      config: file ?? null,
    })),
    not_run: skipped.map(({ file, name, reason }) => ({ config: file, worker_type: name ?? null, reason })),
  };
}
