import { BlockList, isIP } from 'node:net';
import { familyOf, kindOfAddress, withoutMapping } from './address-kinds.js';

/** A place on the network that may be reached. */
export interface HostRule {
  /** `name`, `*.name` for everything below it, an address, or `address/prefix`. */
  host: string;
  /** Absent: those of the web, 80 and 443. */
  port?: number;
  /** The name may stand for an address of a private network: a company's own mirror, say. */
  mayBePrivate?: boolean;
}

const webPorts: readonly number[] = [80, 443];

/** Which hosts a sandbox may reach, and at which addresses. */
export interface HostRules {
  /** The rule that allows a host by its name or address, or null. */
  ruleFor(host: string, port: number): HostRule | null;
  /** Whether a host that `rule` allows may be reached at an address that its name stands for. */
  mayReach(rule: HostRule, address: string): boolean;
}

/**
 * `name[:port]` with commas between, as people list them: also `*.name`, `address[:port]`, `[ipv6]:port`, `network/prefix`.
 * @returns null for the entries that cannot be read, in their place
 */
export function parseHosts(text: string): (HostRule | null)[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .map(parseHost);
}

function parseHost(entry: string): HostRule | null {
  const bare = isIP(entry) === 6 || /^[0-9a-f:]+\/\d+$/i.test(entry) ? { host: entry } : splitPort(entry);
  return bare !== null && (isName(bare.host) || isAddressRange(bare.host)) ? bare : null;
}

function splitPort(entry: string): HostRule | null {
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(entry) ?? [];
  const host = (bracketed ?? plain)?.toLowerCase();
  if (host === undefined || Number(port ?? 1) > 65_535) return null;
  return port === undefined ? { host } : { host, port: Number(port) };
}

const isName = (host: string): boolean =>
  /^(\*\.)?[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$/.test(host);

function isAddressRange(host: string): boolean {
  const [network = '', prefix, ...more] = host.split('/');
  const longest = isIP(network) === 4 ? 32 : 128;
  return (
    isIP(network) !== 0 &&
    more.length === 0 &&
    (prefix === undefined || (/^\d+$/.test(prefix) && Number(prefix) <= longest))
  );
}

export function createHostRules(rules: readonly HostRule[]): HostRules {
  const ranges = rules.filter(({ host }) => isAddressRange(host)).map((rule) => ({ rule, list: rangeOf(rule) }));
  const inRange = (address: string, port?: number) =>
    ranges.find(
      ({ rule, list }) => list.check(address, familyOf(address)) && (port === undefined || opensPort(rule, port)),
    );
  return {
    ruleFor(given, port) {
      const host = withoutMapping(given.toLowerCase().replace(/\.$/, ''));
      if (isIP(host) !== 0) return inRange(host, port)?.rule ?? null;
      return rules.find((rule) => matches(rule.host, host) && opensPort(rule, port)) ?? null;
    },
    mayReach(rule, given) {
      const address = withoutMapping(given);
      if (inRange(address) !== undefined) return true;
      const kind = kindOfAddress(address);
      if (kind === 'reserved') return rule.host === 'localhost' && isLoopback(address);
      return kind === 'public' || rule.mayBePrivate === true;
    },
  };
}

function rangeOf({ host }: HostRule): BlockList {
  const [network = '', prefix] = host.split('/');
  const list = new BlockList();
  if (prefix === undefined) list.addAddress(network, familyOf(network));
  else list.addSubnet(network, Number(prefix), familyOf(network));
  return list;
}

const opensPort = (rule: HostRule, port: number): boolean =>
  rule.port === undefined ? webPorts.includes(port) : rule.port === port;

const matches = (pattern: string, host: string): boolean =>
  pattern.startsWith('*.') ? host.endsWith(pattern.slice(1)) : host === pattern;

const isLoopback = (address: string): boolean => address === '::1' || address.startsWith('127.');
