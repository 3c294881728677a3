// From what each kind of start loads to the files of the bundle. Modules that the same starts load stand together; such groups
// are joined as long as the files that this saves cost more than the code that is read in vain.

/** Opening one more file, and reading a KiB of source that is not needed: measured as medians of starts on Node 20. */
const FILE_MS = 0.5;
const KIB_MS = 0.03;

/** What it takes to have a module of Node's that Node itself did not need: \0builtin:net and its like, which are a line of ours. */
const BUILTIN_MS = 1.2;

/** What every program in modules has loaded before its first line. */
const AT_HAND = new Set(['buffer', 'events', 'fs', 'module', 'path', 'process', 'url', 'util']);

/** Module to the name of its file, for every module that a measured start loaded. */
export function chunksOf(load, modules) {
  const groups = new Map();
  for (const [id, starts] of load) {
    if (!modules.has(id)) continue;
    const key = [...starts].sort().join('|');
    const group = groups.get(key) ?? { ids: [], starts, kib: 0 };
    group.ids.push(id);
    group.kib += weightOf(id, modules.get(id).bytes);
    groups.set(key, group);
  }
  const joined = join([...groups.values()], modules);
  return new Map(joined.flatMap(({ ids, starts }, at) => ids.map((id) => [id, nameOf(starts, at)])));
}

/** In KiB of source: what a start pays for a module that it reads in vain. */
function weightOf(id, bytes) {
  const kib = bytes / 1024;
  return id.startsWith('\0builtin:') && !AT_HAND.has(id.slice('\0builtin:'.length)) ? kib + BUILTIN_MS / KIB_MS : kib;
}

function join(groups, modules) {
  for (;;) {
    let best;
    for (const [at, one] of groups.entries()) {
      for (const other of groups.slice(at + 1)) {
        const both = together(one, other);
        const gain = cost(one) + cost(other) - cost(both);
        if (
          gain > (best?.gain ?? 0) &&
          !circular(groups.filter((each) => each !== one && each !== other).concat(both), modules)
        )
          best = { one, other, both, gain };
      }
    }
    if (best === undefined) return groups;
    groups = groups.filter((each) => each !== best.one && each !== best.other).concat(best.both);
  }
}

function together(one, other) {
  return {
    ids: [...one.ids, ...other.ids],
    starts: new Set([...one.starts, ...other.starts]),
    kib: one.kib + other.kib,
  };
}

function cost({ starts, kib }) {
  return starts.size * (FILE_MS + kib * KIB_MS);
}

/** Two files that need each other at their start would find each other half made. */
function circular(groups, modules) {
  const home = new Map(groups.flatMap((group) => group.ids.map((id) => [id, group])));
  const needs = (group) =>
    new Set(
      group.ids
        .flatMap((id) => modules.get(id).imports.map((each) => home.get(each)))
        .filter((each) => each && each !== group),
    );
  const done = new Set();
  const open = new Set();
  const visit = (group) => {
    if (done.has(group)) return false;
    if (open.has(group)) return true;
    open.add(group);
    for (const next of needs(group)) if (visit(next)) return true;
    open.delete(group);
    done.add(group);
    return false;
  };
  return groups.some(visit);
}

function nameOf(starts, at) {
  return starts.size === 1 ? [...starts][0] : `shared-${at}`;
}
