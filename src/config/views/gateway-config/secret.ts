import { isString, type Node } from '../../node.ts';
import type { Section } from '../section.ts';

/** Where a secret stands: never in the config itself. `shown` is for messages. */
export type SecretRef = { readonly env: string } | { readonly file: string };

/** What is no secret may stand in the config, too. */
export type TextRef = SecretRef | { readonly text: string };

const WHERE = 'write {env: NAME} or {file: path}, and put the secret there';

export function secretsOf(section: Section, key: string): readonly SecretRef[] {
  return section.items(key).flatMap((node, index) => secretAt(section, `${key}[${index}]`, node) ?? []);
}

/** Public keys: in the config, or where secrets stand. */
export function publicKeysOf(section: Section, key: string): readonly TextRef[] {
  return section.items(key).flatMap((node, index): TextRef[] => {
    if (isString(node) && node.value !== '') return [{ text: node.value }];
    const ref = secretAt(section, `${key}[${index}]`, node);
    return ref === undefined ? [] : [ref];
  });
}

export function secretAt(parent: Section, key: string, node: Node): SecretRef | undefined {
  if (node.kind === 'scalar') {
    // Not repeated in the message: it may be one.
    return parent.object('inline-secret', node, `'${parent.called(key)}' holds a value where a secret is named`, WHERE);
  }
  const section = parent.below(key, node);
  if (section === undefined) return undefined;
  const ref = secretRefOf(section);
  section.finish();
  return ref;
}

/** `env` and `file` among the keys of a section that has others, too. */
export function secretRefOf(section: Section): SecretRef | undefined {
  const env = section.text('env');
  const file = section.text('file');
  for (const key of ['secret', 'token', 'value', 'password']) {
    const inline = section.map.entries.get(key);
    if (inline === undefined) continue;
    section.node(key);
    return section.object('inline-secret', inline.key, `'${section.called(key)}' holds a secret itself`, WHERE);
  }
  if (env !== undefined && file !== undefined) {
    return section.object('bad-value', section.map, `'${section.path}' names both 'env' and 'file'`, 'leave one out');
  }
  if (env !== undefined) {
    if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(env)) return { env };
    return section.object(
      'inline-secret',
      section.map.entries.get('env')?.value ?? section.map,
      `'${section.called('env')}' is no name of an environment variable`,
      WHERE,
    );
  }
  if (file !== undefined) return { file };
  return section.object('missing-key', section.map, `'${section.path}' says neither 'env' nor 'file'`, WHERE);
}

/** For messages. */
export function shownRef(ref: TextRef): string {
  if ('env' in ref) return `the variable ${ref.env}`;
  return 'file' in ref ? `the file ${ref.file}` : 'the text in the config';
}
