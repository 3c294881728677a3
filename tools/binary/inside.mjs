// Which packages a bundle holds, by the modules that stand in it, as the lockfile pins them.
import { readFileSync } from 'node:fs';

/** Sorted by name and version; `folder` is where each is installed. */
export function packagesOf(modules) {
  const locked = JSON.parse(readFileSync('package-lock.json', 'utf8')).packages;
  const folders = new Set(modules.map(folderOf).filter((folder) => folder !== undefined));
  return [...folders]
    .map((folder) => {
      const entry = locked[folder];
      if (entry === undefined) throw new Error(`${folder} is in the bundle, and not in package-lock.json`);
      // An alias has its real name in the entry.
      const name = entry.name ?? folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
      return { name, version: entry.version, integrity: entry.integrity, licence: entry.license, folder };
    })
    .sort((a, b) => `${a.name}@${a.version}`.localeCompare(`${b.name}@${b.version}`, 'en'));
}

/** Below the project, with slashes; undefined for a module of ours and for one that a plugin made. */
function folderOf(id) {
  const path = id.replaceAll('\\', '/');
  return /^(?:\0|.*?\/)?(node_modules\/(?:.*\/node_modules\/)?(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1];
}
