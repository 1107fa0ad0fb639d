import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

// Completes package-lock.json after an `npm install` from a registry that mirrors only some platforms: npm then leaves the
// optional packages of the other platforms out, and `npm ci` refuses such a lock file everywhere. `--check` only looks.

/**
 * @typedef {{ version?: string, optional?: boolean, optionalDependencies?: Record<string, string>, dev?: boolean, os?: string[], cpu?: string[] }} Entry
 * @typedef {{ packages: Record<string, Entry> }} Lock
 */

const systems = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'];
const processors = ['arm64', 'arm', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64'];

/**
 * The optional dependencies that no entry of the lock file stands for.
 * @param {Lock} lock
 * @returns {{ path: string, entry: Entry }[]} what has to be added
 */
export function missingOptionalPackages(lock) {
  return Object.entries(lock.packages).flatMap(([dependent, { optionalDependencies = {}, dev }]) =>
    Object.entries(optionalDependencies)
      .filter(([name]) => !isResolved(lock, dependent, name))
      .map(([name, version]) => ({ path: `node_modules/${name}`, entry: entryFor(name, version, dev) })),
  );
}

/**
 * Node looks in the node_modules of every directory above.
 * @param {Lock} lock
 * @param {string} dependent
 * @param {string} name
 */
function isResolved(lock, dependent, name) {
  for (
    let directory = dependent;
    ;
    directory = directory.slice(0, Math.max(0, directory.lastIndexOf('node_modules/') - 1))
  ) {
    if (lock.packages[`${directory === '' ? '' : `${directory}/`}node_modules/${name}`] !== undefined) return true;
    if (directory === '') return false;
    if (!directory.includes('node_modules/')) directory = '';
  }
}

/**
 * Without a digest, as nothing is known but the name: npm asks the registry when the package is wanted. Where it is not
 * wanted, system and processor keep npm from asking.
 * @param {string} name
 * @param {string} version
 * @param {boolean | undefined} dev
 * @returns {Entry}
 */
function entryFor(name, version, dev) {
  if (!/^\d+\.\d+\.\d+/.test(version))
    throw new Error(`${name} is wanted as ${version}, which is not one version: add it by \`npm install\``);
  const words = name.replaceAll('windows', 'win32').split(/[^a-z0-9]+/);
  const os = systems.filter((system) => words.includes(system));
  const cpu = processors.filter((processor) =>
    words.some((word) => word === processor || (processor === 'arm' && word === 'armhf')),
  );
  return {
    version,
    ...(dev === true && { dev }),
    optional: true,
    ...(os.length > 0 && { os }),
    ...(cpu.length > 0 && { cpu }),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const path = join(dirname(dirname(fileURLToPath(import.meta.url))), 'package-lock.json');
  const lock = JSON.parse(readFileSync(path, 'utf8'));
  const missing = missingOptionalPackages(lock);
  for (const { path: name, entry } of missing) process.stderr.write(`${name} ${JSON.stringify(entry)}\n`);
  if (process.argv.includes('--check')) process.exitCode = missing.length === 0 ? 0 : 1;
  else if (missing.length > 0) {
    for (const { path: name, entry } of missing) lock.packages[name] = entry;
    const [root, ...others] = Object.entries(lock.packages);
    lock.packages = Object.fromEntries([root, ...others.sort(([a], [b]) => a.localeCompare(b, 'en'))]);
    writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
  }
}
