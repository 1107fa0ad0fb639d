import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type SandboxBind, type SandboxNetwork, type SandboxPurpose } from '@fermata/contracts';
import { matchesHost } from '../policy/rules/host-pattern.js';
import { type EgressProxy, type EgressProxyOptions, startEgressProxy, type Verdict } from './egress-proxy.js';
import { startGatewayRelay } from './gateway-relay.js';
import { createHostRules, type HostRule, type HostRules, parseHosts } from './host-rules.js';
import { insideRelay } from './inside-relay.js';

/** What a sandbox reaches, and what its programs must be told of it. */
export interface OpenNetwork {
  network: SandboxNetwork;
  env: Record<string, string>;
  /** What must be shown inside for it to work. */
  readable: SandboxBind[];
}

export interface NetworkOrder {
  /** A port of this machine's loopback that is to be reached under the same number inside. */
  gatewayPort?: number | undefined;
  /** Of the hosts for the purpose, those that fit one of these patterns of policies. Absent: all. */
  hosts?: readonly string[] | undefined;
  /** Besides the hosts for the purpose, as `parseHosts` reads them. */
  moreHosts?: readonly string[] | undefined;
}

export interface NetworksOptions {
  /** The hosts for each purpose; none: no network. */
  hosts: Readonly<Record<SandboxPurpose, readonly HostRule[]>>;
  resolve?: EgressProxyOptions['resolve'];
  upstream?: EgressProxyOptions['upstream'];
  onVerdict?: (verdict: Verdict & { purpose: SandboxPurpose }) => void;
}

export interface Networks {
  open(purpose: SandboxPurpose, order?: NetworkOrder): Promise<OpenNetwork>;
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
  const proxyFor = async (purpose: SandboxPurpose, reach: Reach): Promise<string> => {
    // The same hosts go through the same proxy.
    const name = `${purpose}-${shortDigest(reach)}`;
    const socket = await socketAt(name);
    const { resolve, upstream = null, onVerdict } = options;
    const start = (): Promise<EgressProxy> =>
      startEgressProxy({
        ...{ socket, rules: narrowed(createHostRules(reach.rules), reach.only), upstream },
        ...(resolve && { resolve }),
        ...(onVerdict && { onVerdict: (verdict: Verdict) => onVerdict({ ...verdict, purpose }) }),
      });
    await remembered(proxies, name, start);
    return socket;
  };
  const gatewayTo = async (port: number): Promise<string> => {
    const socket = await socketAt(String(port));
    await remembered(gateways, port, () => startGatewayRelay(socket, port));
    return socket;
  };
  return {
    async open(purpose, { gatewayPort, hosts: only, moreHosts = [] } = {}) {
      const more = parseHosts(moreHosts.join(',')).filter((rule) => rule !== null);
      const rules = [...options.hosts[purpose], ...more];
      const hasHosts = rules.length > 0 && only?.length !== 0;
      const relays = [
        ...(hasHosts ? [{ port: proxyPort, socket: await proxyFor(purpose, { rules, only }) }] : []),
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

interface Reach {
  rules: readonly HostRule[];
  /** Patterns of policies that a host must fit besides. */
  only: readonly string[] | undefined;
}

function narrowed(rules: HostRules, only?: readonly string[]): HostRules {
  if (only === undefined) return rules;
  const isWanted = (host: string): boolean => only.some((pattern) => matchesHost(pattern, host));
  return { ...rules, ruleFor: (host, port) => (isWanted(host) ? rules.ruleFor(host, port) : null) };
}

/** A socket's name must be short. */
function shortDigest(reach: Reach): string {
  return createHash('sha256').update(JSON.stringify(reach)).digest('hex').slice(0, 16);
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
