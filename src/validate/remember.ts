/**
 * The same answer for the same config, asked by one rule after another. Only the last is kept: rules go through one config
 * before the next comes, and a table of thousands would cost the garbage collector more than it saves.
 */
export function rememberLast<Key extends object, Value>(make: (key: Key) => Value): (key: Key) => Value {
  let last: { readonly key: Key; readonly value: Value } | undefined;
  return (key) => {
    if (last?.key !== key) last = { key, value: make(key) };
    return last.value;
  };
}
