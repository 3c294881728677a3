import type { Mapped, Pointer } from '../../config/views/gateway-config/mapping.ts';
import { isJsonObject } from '../../contract/json.ts';
import { rawItem, rawValue } from '../../contract/members.ts';
import type { JsonBody } from '../../http/json-body.ts';
import { gatewayProblem } from '../problems.ts';

/** What a mapping refers to, by its first word. Asked, so that of what no mapping wants nothing is made. */
export type SourceDocument = (root: string) => JsonBody | undefined;

/** One that holds these, and otherwise what another one has. */
export function sourceOf(values: Readonly<Record<string, JsonBody>>, other?: SourceDocument): SourceDocument {
  return (root) => (Object.hasOwn(values, root) ? values[root] : other?.(root));
}

/** JSON text of a mapped value. What is taken over keeps every digit. Throws `unmapped_delivery` where nothing is at a place. */
export function render(mapped: Mapped, source: SourceDocument): string {
  switch (mapped.kind) {
    case 'constant':
      return mapped.text;
    case 'ref': {
      const found = find(mapped.pointer, source)?.text ?? mapped.otherwise;
      if (found !== undefined) return found;
      throw missing(mapped.pointer);
    }
    case 'template':
      return JSON.stringify(
        mapped.parts.map((part) => (typeof part === 'string' ? part : inWords(part, source))).join(''),
      );
    case 'list':
      return `[${mapped.items.map((item) => render(item, source)).join(',')}]`;
    case 'object':
      return `{${mapped.members.map(([key, value]) => `${JSON.stringify(key)}:${render(value, source)}`).join(',')}}`;
  }
}

function find([root = '', ...keys]: Pointer, source: SourceDocument): JsonBody | undefined {
  return placeIn(source(root), keys);
}

/** The value at a place, with its text. Every key is data: nothing is found that did not come in. */
export function placeIn(whole: JsonBody | undefined, keys: Pointer): JsonBody | undefined {
  let place = whole;
  for (const key of keys) {
    if (place === undefined) return undefined;
    place = member(place, key);
  }
  return place;
}

function member({ value, text }: JsonBody, key: string): JsonBody | undefined {
  if (Array.isArray(value)) {
    const at = /^(?:0|[1-9]\d{0,8})$/.test(key) ? Number(key) : -1;
    const item = at < 0 ? undefined : rawItem(text, at);
    return item === undefined ? undefined : { value: value[at] as unknown, text: item };
  }
  if (!isJsonObject(value) || !Object.hasOwn(value, key)) return undefined;
  const raw = rawValue(text, key);
  return raw === undefined ? undefined : { value: value[key], text: raw };
}

/** Text stands for itself, anything else as JSON. */
function inWords(pointer: Pointer, source: SourceDocument): string {
  const found = find(pointer, source);
  if (found === undefined) throw missing(pointer);
  return typeof found.value === 'string' ? found.value : found.text;
}

function missing(pointer: Pointer) {
  const place = `/${pointer.map((key) => key.replaceAll('~', '~0').replaceAll('/', '~1')).join('/')}`;
  return gatewayProblem('unmapped_delivery', {
    detail: `what came in has nothing at ${place}`,
    hint: 'The mapping names a default for what may be absent.',
    errors: [{ pointer: place, problem: 'absent' }],
  });
}
