import { isString } from '../../../node.ts';
import type { Section } from '../../section.ts';
import { MQTT_VERSIONS, type MqttInput, type MqttRule, type MqttTls, type MqttVersion } from '../mqtt-config.ts';
import { loopProblem, mqttRuleOf } from '../mqtt-rule.ts';
import { secretAt } from '../secret.ts';
import { topicProblem } from '../topic-filter.ts';

/** Also part of a subject. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
const DAY_S = 86_400;
const PROTOCOLS = ['mqtt:', 'mqtts:', 'ws:', 'wss:'];

/** Brokers whose messages become work. One with a single rule may have its keys beside its own. */
export function mqtt(top: Section): readonly MqttInput[] {
  const names = new Set<string>();
  return top.sections('mqtt').flatMap((section): MqttInput[] => {
    const input = inputOf(section);
    const at = section.map.entries.get('name')?.value ?? section.map;
    if (names.has(input.name))
      section.bad('name', at, `is '${input.name}', as that of another input`, 'give each its own name');
    if (!NAME.test(input.name)) section.bad('name', at, 'must be up to 64 letters, digits, - and _');
    names.add(input.name);
    return [input];
  });
}

function inputOf(section: Section): MqttInput {
  const name = section.text('name') ?? 'mqtt';
  const url = urlOf(section);
  const tls = tlsOf(section.section('tls'));
  const written = section.map.entries.get('tls')?.value;
  if (tls !== undefined && written !== undefined && /^(?:mqtt|ws):/.test(url)) {
    section.bad('tls', written, 'is for mqtts:// and wss:// addresses');
  }
  const password = section.node('password');
  const rules = rulesOf(section);
  const input: MqttInput = {
    name,
    url,
    version: versionOf(section),
    clientId: clientIdOf(section),
    user: section.text('user'),
    password: password === undefined ? undefined : secretAt(section, 'password', password),
    tls,
    share: shareOf(section),
    sessionExpiryS: section.whole('session_expiry_s', 0, 365 * DAY_S) ?? 7 * DAY_S,
    keepaliveS: section.whole('keepalive_s', 5, 65_535) ?? 30,
    inflight: section.whole('inflight', 1, 65_535) ?? 1_000,
    deadTopic: deadTopicOf(section, rules),
    rules,
  };
  section.finish();
  return input;
}

function rulesOf(section: Section): readonly MqttRule[] {
  if (!section.map.entries.has('rules')) return [mqttRuleOf(section) ?? []].flat();
  return section.sections('rules').flatMap((each) => {
    const rule = mqttRuleOf(each);
    each.finish();
    return rule ?? [];
  });
}

function urlOf(section: Section): string {
  const url = section.neededText('url') ?? '';
  const node = section.map.entries.get('url')?.value;
  if (node === undefined || url === '') return url;
  if (!URL.canParse(url) || !PROTOCOLS.includes(new URL(url).protocol) || new URL(url).hostname === '') {
    section.bad('url', node, 'must be an address such as mqtt://broker:1883, mqtts://, ws:// or wss://');
  } else if (new URL(url).username + new URL(url).password !== '') {
    const hint = "write 'user' and 'password: {env: NAME}'";
    section.object('inline-secret', node, `'${section.called('url')}' holds a user or a password`, hint);
  }
  return url;
}

function versionOf(section: Section): MqttVersion {
  const node = section.node('version');
  if (node === undefined) return '3.1.1';
  // Without quotes 5 is a number.
  const text = node.kind === 'scalar' ? node.text : '';
  if (Object.hasOwn(MQTT_VERSIONS, text)) return text as MqttVersion;
  section.bad('version', node, 'must be 3.1.1 or 5');
  return '3.1.1';
}

function clientIdOf(section: Section): MqttInput['clientId'] {
  const node = section.node('client_id');
  if (node === undefined) return undefined;
  if (isString(node)) {
    const text = node.value;
    if (text === '' || /[{}\0]/.test(text.replaceAll('{hostname}', '')))
      section.bad('client_id', node, 'is no id; {hostname} is all that it can refer to');
    return { text };
  }
  const own = section.below('client_id', node);
  const env = own?.neededText('env');
  own?.finish();
  return env === undefined ? undefined : { env };
}

function tlsOf(section: Section | undefined): MqttTls | undefined {
  if (section === undefined) return undefined;
  const tls: MqttTls = {
    ca: section.text('ca'),
    cert: section.text('cert'),
    key: section.text('key'),
    serverName: section.text('server_name'),
  };
  if ((tls.cert === undefined) !== (tls.key === undefined)) {
    section.object('missing-key', section.map, `'${section.path}' needs both 'cert' and 'key', or none of them`);
  }
  section.finish();
  return tls;
}

function shareOf(section: Section): string | undefined {
  const share = section.text('share');
  const node = section.map.entries.get('share')?.value;
  if (share !== undefined && node !== undefined && /[/+#\0]/.test(share)) {
    section.bad('share', node, 'must be one word without / + and #', 'it becomes $share/<word>/<filter>');
  }
  return share;
}

function deadTopicOf(section: Section, rules: readonly MqttRule[]): string | undefined {
  const topic = section.text('dead_topic');
  const node = section.map.entries.get('dead_topic')?.value;
  if (topic === undefined || node === undefined) return topic;
  const problem =
    topicProblem(topic) ??
    loopProblem(
      topic,
      rules.flatMap(({ filters }) => filters),
    );
  if (problem !== undefined) section.bad('dead_topic', node, problem);
  return topic;
}
