import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type SandboxBind, type SandboxNetwork, type SandboxPurpose } from '@fermata/contracts';
import { type EgressProxy, type EgressProxyOptions, startEgressProxy, type Verdict } from './egress-proxy.js';
import { startGatewayRelay } from './gateway-relay.js';
import { createHostRules, type HostRule, parseHosts } from './host-rules.js';
import { insideRelay } from './inside-relay.js';

/** What a sandbox reaches, and what its programs must be told of it. */
export interface OpenNetwork {
  network: SandboxNetwork;
  env: Record<string, string>;
  /** What must be shown inside for it to work. */
  readable: SandboxBind[];
}

export interface NetworksOptions {
  /** The hosts for each purpose; none: no network. */
  hosts: Readonly<Record<SandboxPurpose, readonly HostRule[]>>;
  resolve?: EgressProxyOptions['resolve'];
  upstream?: EgressProxyOptions['upstream'];
  onVerdict?: (verdict: Verdict & { purpose: SandboxPurpose }) => void;
}

export interface NetworkOrder {
  /** A port of this machine's loopback that is to be reached under the same number inside. */
  gatewayPort?: number | undefined;
  /** Further hosts, as `parseHosts` reads them. */
  hosts?: readonly string[] | undefined;
}

export interface Networks {
  open(purpose: SandboxPurpose, more?: NetworkOrder): Promise<OpenNetwork>;
  close(): Promise<void>;
}

/** Inside, where nothing else listens. */
const proxyPort = 3128;

// Only what was compiled can run without us; a test runner runs this file as source.
const relayProgram = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? '../../dist/sandbox/relay.main.js' : './relay.main.js', import.meta.url),
);

/** Starts what sandboxes reach the network through, each when it is first needed. */
export function createNetworks(options: NetworksOptions): Networks {
  let folder: Promise<string> | undefined;
  const proxies = new Map<string, Promise<EgressProxy>>();
  const gateways = new Map<number, Promise<() => Promise<void>>>();
  // A socket's path must be short, and a data directory may lie deep.
  const socketAt = async (name: string): Promise<string> => {
    folder ??= mkdtemp(join(tmpdir(), 'fermata-'));
    return join(await folder, name);
  };
  const proxyFor = async (purpose: SandboxPurpose, rules: readonly HostRule[]): Promise<string> => {
    // The same hosts go through the same proxy.
    const socket = await socketAt(
      `${purpose}-${createHash('sha256').update(JSON.stringify(rules)).digest('hex').slice(0, 8)}`,
    );
    const { resolve, upstream = null, onVerdict } = options;
    const start = (): Promise<EgressProxy> =>
      startEgressProxy({
        ...{ socket, rules: createHostRules(rules), upstream },
        ...(resolve && { resolve }),
        ...(onVerdict && { onVerdict: (verdict: Verdict) => onVerdict({ ...verdict, purpose }) }),
      });
    await remembered(proxies, socket, start);
    return socket;
  };
  const gatewayTo = async (port: number): Promise<string> => {
    const socket = await socketAt(String(port));
    await remembered(gateways, port, () => startGatewayRelay(socket, port));
    return socket;
  };
  return {
    async open(purpose, { gatewayPort, hosts = [] } = {}) {
      const rules = [...options.hosts[purpose], ...parseHosts(hosts.join(',')).filter((rule) => rule !== null)];
      const hasHosts = rules.length > 0;
      const relays = [
        ...(hasHosts ? [{ port: proxyPort, socket: await proxyFor(purpose, rules) }] : []),
        ...(gatewayPort === undefined ? [] : [{ port: gatewayPort, socket: await gatewayTo(gatewayPort) }]),
      ];
      if (relays.length === 0) return { network: 'none', env: {}, readable: [] };
      return { network: { relays }, env: hasHosts ? proxyEnvironment : {}, readable: relayFiles };
    },
    async close() {
      for (const proxy of proxies.values()) await (await proxy).close();
      for (const gateway of gateways.values()) await (await gateway)();
      if (folder !== undefined) await rm(await folder, { recursive: true, force: true });
    },
  };
}

async function remembered<Key, Value>(
  known: Map<Key, Promise<Value>>,
  key: Key,
  start: () => Promise<Value>,
): Promise<Value> {
  const started = known.get(key) ?? start();
  known.set(key, started);
  return started.catch((error: unknown) => {
    // The next one tries again.
    known.delete(key);
    throw error;
  });
}

const relayFiles: SandboxBind[] = [
  { source: process.execPath, target: insideRelay.node },
  { source: relayProgram, target: insideRelay.script },
];

const proxy = `http://127.0.0.1:${proxyPort}`;
const javaProxy = ['http', 'https']
  .map((scheme) => `-D${scheme}.proxyHost=127.0.0.1 -D${scheme}.proxyPort=${proxyPort}`)
  .join(' ');

/** Each tool has its own idea of how it is told of a proxy. */
const proxyEnvironment: Record<string, string> = {
  ...Object.fromEntries(['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy'].map((name) => [name, proxy])),
  ...{ NO_PROXY: 'localhost,127.0.0.1,::1', no_proxy: 'localhost,127.0.0.1,::1' },
  ...{ npm_config_proxy: proxy, npm_config_https_proxy: proxy, YARN_HTTP_PROXY: proxy, YARN_HTTPS_PROXY: proxy },
  ...{ MAVEN_OPTS: javaProxy, GRADLE_OPTS: javaProxy, NODE_USE_ENV_PROXY: '1' },
};
