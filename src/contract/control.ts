import { readJson } from './decode-json.ts';
import { isJsonObject } from './json.ts';

/** True for `{"action":"reload"}`, whatever stands beside it; everything else on the control subject is ignored. */
export function asksReload(bytes: Uint8Array): boolean {
  const read = readJson(bytes);
  return read.ok && isJsonObject(read.value) && read.value.action === 'reload';
}
