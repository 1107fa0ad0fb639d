import { lstat, readdir, readlink } from 'node:fs/promises';
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
].map((name) => `/etc/${name}`);

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
  const places = [...systemFolders, ...own, ...configuration, ...(await versionedConfiguration())];
  return { readable: places.map((path) => ({ source: path, target: path })), links };
}

async function versionedConfiguration(): Promise<string[]> {
  const names = await readdir('/etc').catch(() => []);
  return names.filter((name) => versioned.test(name)).map((name) => `/etc/${name}`);
}

/** The text of a link, false for what is there and none, null for what is not there. */
async function linkText(path: string): Promise<string | false | null> {
  const found = await lstat(path).catch(() => null);
  if (found === null) return null;
  return found.isSymbolicLink() ? readlink(path) : false;
}
