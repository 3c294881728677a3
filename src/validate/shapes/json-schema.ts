import { asTextHint, describe, list, nearest } from '../../config/describe.ts';
import { entryOf, isNull, isString, keyText, type MapNode } from '../../config/node.ts';
import { type Add, SCHEMA_TYPES } from './shape.ts';

/** The shallow look that Heddle takes at an input or output schema: `type`, `required` and `properties` of its first level. */
export function checkJsonSchema(schema: MapNode, path: string, silent: boolean, add: Add): void {
  const keyed = (key: string): string | undefined => (silent ? undefined : key);
  const type = entryOf(schema, 'type')?.value;
  if (
    type !== undefined &&
    !isNull(type) &&
    !(isString(type) && (SCHEMA_TYPES as readonly string[]).includes(type.value))
  ) {
    add({
      what: isString(type) ? 'bad-value' : 'wrong-type',
      at: type,
      message: `'${path}.type' must be one of ${list(SCHEMA_TYPES)}, it is ${describe(type)}`,
      hint: typeHint(type.kind === 'seq', isString(type) ? type.value : ''),
      key: keyed(`${path}.type`),
      crash: type.kind === 'map' || type.kind === 'seq',
    });
  }
  const required = entryOf(schema, 'required')?.value;
  if (required !== undefined && !isNull(required)) {
    if (required.kind !== 'seq') {
      add({
        what: 'wrong-type',
        at: required,
        message: `'${path}.required' must be a list of property names, it is ${describe(required)}`,
        hint:
          required.kind === 'scalar' && required.type === 'bool'
            ? `name the required properties in the schema's own list`
            : undefined,
        key: keyed(`${path}.required`),
      });
    } else {
      // Heddle says it once for the whole list.
      const item = required.items.find((each) => !isString(each));
      if (item !== undefined) {
        add({
          what: 'wrong-type',
          at: item,
          message: `'${path}.required' must hold texts, this is ${describe(item)}`,
          hint: asTextHint(item),
          key: keyed(`${path}.required`),
        });
      }
    }
  }
  const properties = entryOf(schema, 'properties')?.value;
  if (properties === undefined || isNull(properties)) return;
  if (properties.kind !== 'map') {
    add({
      what: 'wrong-type',
      at: properties,
      message: `'${path}.properties' must be a mapping of property names to schemas, it is ${describe(properties)}`,
      key: keyed(`${path}.properties`),
    });
    return;
  }
  for (const { key, value } of properties.entries.values()) {
    if (value.kind === 'map') continue;
    const name = keyText(key);
    add({
      what: 'wrong-type',
      at: value,
      message: `the schema of the property '${name}' in '${path}' must be a mapping, it is ${describe(value)}`,
      hint: isString(value) ? `write {type: ${value.value}}` : undefined,
      key: keyed(`${path}.properties['${name}']`),
    });
  }
}

function typeHint(isList: boolean, value: string): string | undefined {
  if (isList) return 'Heddle ends with a traceback on a list of types; name one';
  return value === 'null' ? 'Heddle has no type null' : nearest(value, SCHEMA_TYPES);
}
