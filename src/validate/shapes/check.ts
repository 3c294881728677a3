import { asNumberHint, asTextHint, describe, list, nearest } from '../../config/describe.ts';
import { entryOf, isInteger, isNull, isNumber, isString, keyText, type MapNode, type Node } from '../../config/node.ts';
import type { Place } from '../finding.ts';
import { checkJsonSchema } from './json-schema.ts';
import type { Add, Field, Mismatch, Shape, Spec } from './shape.ts';

export function checkShape(root: MapNode, shape: Shape): readonly Mismatch[] {
  const found: Mismatch[] = [];
  checkMap(root, shape, '', false, (mismatch) => found.push(mismatch));
  return found;
}

function checkMap(map: MapNode, shape: Shape, path: string, silent: boolean, add: Add): void {
  for (const field of shape.fields) {
    if (field.when !== undefined && !field.when(map)) continue;
    const value = map.entries.get(field.key)?.value;
    if (value === undefined && field.required === undefined) continue;
    const key = path === '' ? field.key : `${path}.${field.key}`;
    const quiet = silent || field.silent === true;
    if (value === undefined || (field.nullIsMissing === true && isNull(value))) missing(map, field, key, quiet, add);
    else if (!(field.nullable === true && isNull(value))) checkValue(value, field.spec, key, quiet, add);
  }
}

function missing(map: MapNode, field: Field, key: string, silent: boolean, add: Add): void {
  const required = typeof field.required === 'function' ? field.required(map) : field.required === true;
  if (!required) return;
  const null_ = entryOf(map, field.key);
  add({
    what: 'missing-key',
    at: null_ === undefined ? firstPlace(map) : null_.value,
    message: null_ === undefined ? `the key '${key}' is missing` : `'${key}' is null`,
    key: silent ? undefined : key,
    heddleOnly: field.heddleOnlyMissing?.(map),
  });
}

/** A mapping spans many lines; its first key is where the eye goes. */
function firstPlace(map: MapNode): Place {
  for (const { key, merged } of map.entries.values()) if (!merged) return key;
  return map;
}

function checkValue(node: Node, spec: Spec, path: string, silent: boolean, add: Add): void {
  const key = silent ? undefined : path;
  const wrong = (expected: string, hint?: string, crash?: boolean): void =>
    add({
      what: 'wrong-type',
      at: node,
      message: `'${path}' must be ${expected}, it is ${describe(node)}`,
      hint,
      key,
      crash,
    });
  const bad = (message: string, hint?: string): void => add({ what: 'bad-value', at: node, message, hint, key });
  switch (spec.is) {
    case 'any':
      return;
    case 'text':
      if (!isString(node)) wrong('text', asTextHint(node));
      return;
    case 'truth':
      if (!(node.kind === 'scalar' && node.type === 'bool')) wrong('true or false');
      return;
    case 'true':
      if (!(node.kind === 'scalar' && node.type === 'bool')) wrong('true');
      else if (node.value !== true)
        bad(`'${path}' must be true`, 'workers keep nothing between tasks; leave the key out or write true');
      return;
    case 'positive':
      if (!isNumber(node)) wrong('a number', asNumberHint(node));
      else if (node.value <= 0) bad(`'${path}' must be greater than 0, it is ${String(node.value)}`);
      return;
    case 'integer':
      if (!isInteger(node)) wrong(`a whole number of at least ${spec.min}`, asNumberHint(node));
      else if (node.value < spec.min) bad(`'${path}' must be at least ${spec.min}, it is ${String(node.value)}`);
      return;
    case 'choice':
      if (isString(node)) {
        if (!spec.of.includes(node.value))
          bad(`'${path}' must be one of ${list(spec.of)}, it is ${describe(node)}`, nearest(node.value, spec.of));
      } else
        wrong(
          `one of ${list(spec.of)}`,
          asTextHint(node),
          spec.hashes === true && (node.kind === 'map' || node.kind === 'seq'),
        );
      return;
    case 'list':
      if (node.kind !== 'seq') wrong('a list');
      else {
        if (spec.min !== undefined && node.items.length < spec.min)
          bad(`'${path}' needs at least ${spec.min} entries, it has ${node.items.length}`);
        if (spec.item !== undefined)
          for (const [index, item] of node.items.entries())
            checkValue(item, spec.item, `${path}[${index}]`, silent, add);
      }
      return;
    case 'map':
      if (node.kind !== 'map') wrong('a mapping');
      else checkMembers(node, spec, path, silent, add);
      return;
    case 'one-of':
      if (node.kind !== 'map') wrong('a mapping');
      else checkOneOf(node, spec, path, silent, add);
      return;
    case 'json-schema':
      if (node.kind !== 'map') wrong('a mapping (a JSON Schema)');
      else checkJsonSchema(node, path, silent, add);
  }
}

function checkMembers(node: MapNode, spec: Spec & { is: 'map' }, path: string, silent: boolean, add: Add): void {
  if (spec.shape !== undefined) checkMap(node, spec.shape, path, silent, add);
  for (const { key, value } of node.entries.values()) {
    const name = keyText(key);
    const member = `${path}['${name}']`;
    if (spec.keys !== undefined && !(isString(key) && spec.keys.includes(key.value))) {
      add({
        what: 'bad-value',
        at: key,
        message: `'${name}' in '${path}' must be one of ${list(spec.keys)}`,
        hint: isString(key) ? nearest(key.value, spec.keys) : asTextHint(key),
        key: silent ? undefined : member,
      });
    }
    if (spec.values !== undefined) checkValue(value, spec.values, member, silent, add);
  }
}

function checkOneOf(node: MapNode, spec: Spec & { is: 'one-of' }, path: string, silent: boolean, add: Add): void {
  const value = entryOf(node, spec.by)?.value;
  const key = `${path}.${spec.by}`;
  const common = spec.shapes['']!;
  checkMap(node, common, path, silent, add);
  if (value === undefined || !isString(value)) return;
  const names = Object.keys(spec.shapes).filter((name) => name !== '');
  const shape = names.includes(value.value) ? spec.shapes[value.value] : undefined;
  if (shape !== undefined) checkMap(node, shape, path, silent, add);
  else {
    add({
      what: 'bad-value',
      at: value,
      message: `'${key}' must be one of ${list(names)}, it is ${describe(value)}`,
      hint: nearest(value.value, names),
      key: silent ? undefined : key,
    });
  }
}
