import { access, constants, cp, lstat, readdir, readlink } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { SandboxBind } from '@fermata/contracts';

/** Programs and libraries that the system itself brings. */
const systemFolders = ['/usr', '/opt', '/nix/store', '/gnu/store', '/snap'];
const rootFolders = ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'];

/**
 * Of `/etc`, what programs need to run at all. Named one by one: keys, passwords and tokens of a machine are there too,
 * and root inside could read them, as to the kernel it is still their owner.
 */
const configuration = [
  ...['alternatives', 'ld.so.cache', 'ld.so.conf', 'ld.so.conf.d', 'localtime', 'timezone', 'default/locale'],
  ...['locale.conf', 'locale.gen', 'nsswitch.conf', 'protocols', 'services', 'mime.types', 'magic', 'shells'],
  ...['os-release', 'debian_version', 'lsb-release', 'redhat-release', 'alpine-release', 'terminfo', 'inputrc'],
  ...['bash.bashrc', 'profile', 'profile.d', 'fonts', 'manpath.config', 'magic.mime', 'locale.alias', 'gai.conf'],
  ...['host.conf', 'rpc', 'networks', 'xml', 'sgml'],
  ...['ssl/certs', 'ssl/cert.pem', 'ssl/openssl.cnf', 'ca-certificates', 'ca-certificates.conf'],
  ...['pki/ca-trust', 'pki/tls/certs', 'pki/tls/cert.pem', 'pki/tls/openssl.cnf', 'crypto-policies', 'pki/java'],
  ...['maven', 'perl', 'php', 'R', 'gemrc', 'erlang'],
];

/** Whose folders have a version in their names. */
const versioned = /^(java|python)[-\d.]*(openjdk)?$/;

/** What of the system is shown inside, and the links of the root folder. */
export async function systemPlaces(): Promise<{ readable: SandboxBind[]; links: SandboxBind[] }> {
  const linkTexts = await Promise.all(rootFolders.map(linkText));
  const links = rootFolders.flatMap((target, index) => {
    const source = linkTexts[index];
    return typeof source === 'string' ? [{ source: source.replace(/^\//, ''), target }] : [];
  });
  const own = rootFolders.filter((_folder, index) => linkTexts[index] === false);
  return { readable: [...systemFolders, ...own].map((path) => ({ source: path, target: path })), links };
}

/**
 * Copies what of `/etc` is shown. A copy, because each thing shown is a mount, and fifty of them would double the time
 * that a sandbox takes to start.
 * @param more - further paths below `/etc`
 */
export async function copyConfiguration(folder: string, more: readonly string[]): Promise<void> {
  const further = more.map((path) => relative('/etc', path));
  const names = [...configuration, ...(await versionedConfiguration()), ...further];
  for (const name of names) {
    const how = { recursive: true, verbatimSymlinks: true, preserveTimestamps: true, filter: isReadable };
    // Few machines have all of them.
    await cp(join('/etc', name), join(folder, name), how).catch(onlyMissing);
  }
}

/** A user who is not root may not read everything; programs of that user can do without it outside too. */
async function isReadable(path: string): Promise<boolean> {
  if ((await lstat(path)).isSymbolicLink()) return true;
  return access(path, constants.R_OK).then(
    () => true,
    () => false,
  );
}

function onlyMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

async function versionedConfiguration(): Promise<string[]> {
  const names = await readdir('/etc').catch(() => []);
  return names.filter((name) => versioned.test(name));
}

/** The text of a link, false for what is there and none, null for what is not there. */
async function linkText(path: string): Promise<string | false | null> {
  const found = await lstat(path).catch(() => null);
  if (found === null) return null;
  return found.isSymbolicLink() ? readlink(path) : false;
}
