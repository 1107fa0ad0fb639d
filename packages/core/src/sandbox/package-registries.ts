import { isIP } from 'node:net';
import { kindOfAddress } from './address-kinds.js';
import type { HostRule } from './host-rules.js';

/** The public registries from which set-up commands of most repositories fetch what they need. */
const publicRegistries = [
  ...['registry.npmjs.org', 'registry.yarnpkg.com', 'pypi.org', 'files.pythonhosted.org'],
  ...['index.crates.io', 'static.crates.io', 'crates.io', 'proxy.golang.org', 'sum.golang.org'],
  ...['repo.maven.apache.org', 'repo1.maven.org'],
];

const naming = ['npm_config_registry', 'NPM_CONFIG_REGISTRY', 'PIP_INDEX_URL', 'GOPROXY'];

/**
 * What set-up may reach unless told otherwise: the public registries, and those that the environment names in their
 * place. These are often a company's own, so they may have private addresses; one on this machine has to be listed.
 */
export function registryHosts(env: Readonly<Record<string, string>>): HostRule[] {
  const named = naming.flatMap((name) => env[name]?.split(/[,|]/) ?? []);
  return [...publicRegistries.map((host) => ({ host })), ...named.flatMap(hostOf)];
}

function hostOf(address: string): HostRule[] {
  if (!URL.canParse(address)) return [];
  const { protocol, hostname, port } = new URL(address);
  if (protocol !== 'https:' && protocol !== 'http:') return [];
  const host = hostname.replace(/^\[|\]$/g, '');
  if (host === 'localhost' || (isIP(host) !== 0 && kindOfAddress(host) === 'reserved')) return [];
  return [{ host, mayBePrivate: true, ...(port !== '' && { port: Number(port) }) }];
}
