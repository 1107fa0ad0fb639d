import { describe, expect, it } from 'vitest';
import { kindOfAddress } from './address-kinds.js';
import { createHostRules, type HostRule, parseHosts } from './host-rules.js';
import { registryHosts } from './package-registries.js';

const rulesOf = (text: string) => createHostRules(parseHosts(text).filter((rule) => rule !== null));

/** Whether a host may be reached when its name stands for this address. */
function reaches(rules: ReturnType<typeof createHostRules>, host: string, { port = 443, at = '93.184.216.34' } = {}) {
  const rule = rules.ruleFor(host, port);
  return rule !== null && rules.mayReach(rule, at);
}

describe('a list of hosts', () => {
  it('names hosts, ports, everything below a domain, addresses and networks', () => {
    expect(
      parseHosts(' Example.COM , *.npm.dev,host:8080, 10.1.2.3:4873,[::1]:80, ::1, 10.0.0.0/8,fd00::/8 ,'),
    ).toEqual([
      { host: 'example.com' },
      { host: '*.npm.dev' },
      { host: 'host', port: 8080 },
      { host: '10.1.2.3', port: 4873 },
      { host: '::1', port: 80 },
      { host: '::1' },
      { host: '10.0.0.0/8' },
      { host: 'fd00::/8' },
    ]);
    expect(parseHosts('https://example.com,a b,*,host:99999,10.0.0.0/33,-x')).toEqual([
      null,
      null,
      null,
      null,
      null,
      null,
    ]);
  });

  it('allows what it names and nothing that looks like it', () => {
    const rules = rulesOf('example.com,*.npm.dev,host:8080');
    for (const host of ['example.com', 'EXAMPLE.com.', 'a.npm.dev', 'a.b.npm.dev'])
      expect(reaches(rules, host)).toBe(true);
    for (const host of ['www.example.com', 'example.com.evil', 'evilexample.com', 'npm.dev', 'xnpm.dev', 'host', '']) {
      expect(reaches(rules, host), host).toBe(false);
    }
    expect(reaches(rules, 'host', { port: 8080 })).toBe(true);
    expect(reaches(rules, 'example.com', { port: 80 })).toBe(true);
    expect(reaches(rules, 'example.com', { port: 22 })).toBe(false);
  });

  it('does not lead inwards by a name that stands for an address of this machine or its networks', () => {
    const rules = rulesOf('example.com');
    const inwards = [
      '127.0.0.1',
      '10.0.0.1',
      '192.168.1.1',
      '172.20.0.1',
      '169.254.169.254',
      '::1',
      'fd00::1',
      'fe80::1',
    ];
    for (const at of [
      ...inwards,
      '::ffff:127.0.0.1',
      '::ffff:7f00:1',
      '0.0.0.0',
      '64:ff9b::a00:1',
      '100.64.0.1',
      'nonsense',
    ]) {
      expect(reaches(rules, 'example.com', { at }), at).toBe(false);
    }
    expect(reaches(rules, 'example.com', { at: '2606:2800:220:1::1' })).toBe(true);
  });

  it('leads inwards where the address itself is listed', () => {
    const rules = rulesOf('mirror.corp,10.1.0.0/16,127.0.0.1:4873,localhost:5000');
    expect(reaches(rules, 'mirror.corp', { at: '10.1.2.3' })).toBe(true);
    expect(reaches(rules, 'mirror.corp', { at: '10.2.2.3' })).toBe(false);
    expect(reaches(rules, '127.0.0.1', { port: 4873, at: '127.0.0.1' })).toBe(true);
    expect(reaches(rules, '::ffff:127.0.0.1', { port: 4873, at: '127.0.0.1' })).toBe(true);
    expect(reaches(rules, '127.0.0.1', { port: 80, at: '127.0.0.1' })).toBe(false);
    expect(reaches(rules, 'localhost', { port: 5000, at: '127.0.0.1' })).toBe(true);
    expect(reaches(rules, '10.1.9.9', { at: '10.1.9.9' })).toBe(true);
    expect(reaches(rules, '10.2.9.9', { at: '10.2.9.9' })).toBe(false);
    expect(reaches(rules, '8.8.8.8', { at: '8.8.8.8' })).toBe(false);
  });
});

describe('the kind of an address', () => {
  it('is what it says, however it is written', () => {
    expect(['10.9.9.9', '100.64.1.1', 'fd12::1', '::ffff:192.168.0.1'].map(kindOfAddress)).toEqual(
      Array(4).fill('private'),
    );
    const reserved = [
      '127.9.9.9',
      '169.254.1.1',
      '255.255.255.255',
      '224.0.0.1',
      '::',
      '::1',
      '::ffff:169.254.169.254',
    ];
    const clouds = ['100.100.100.200', '168.63.129.16', 'fd00:ec2::254', '2002:7f00:1::', 'fe80::1%lo', 'x', ''];
    expect([...reserved, ...clouds].map(kindOfAddress)).toEqual(Array(14).fill('reserved'));
    expect(['1.1.1.1', '172.32.0.1', '2606:4700::1'].map(kindOfAddress)).toEqual(Array(3).fill('public'));
  });
});

describe('the registries of packages', () => {
  const hostsOf = (env: Record<string, string>) => registryHosts(env).filter(({ mayBePrivate }) => mayBePrivate);

  it('are the public ones and those that the environment names, on a private network too', () => {
    expect(registryHosts({}).map(({ host }) => host)).toEqual(
      expect.arrayContaining(['registry.npmjs.org', 'pypi.org']),
    );
    const env = {
      ...{ npm_config_registry: 'https://npm.corp:8443/repo/', PIP_INDEX_URL: 'http://10.1.1.1/simple' },
      GOPROXY: 'https://go.corp,direct|off',
    };
    const expected: HostRule[] = [
      { host: 'npm.corp', port: 8443, mayBePrivate: true },
      { host: '10.1.1.1', mayBePrivate: true },
      { host: 'go.corp', mayBePrivate: true },
    ];
    expect(hostsOf(env)).toEqual(expected);
    const rules = createHostRules(registryHosts(env));
    expect(reaches(rules, 'npm.corp', { port: 8443, at: '10.7.7.7' })).toBe(true);
    expect(reaches(rules, 'npm.corp', { port: 8443, at: '127.0.0.1' })).toBe(false);
    expect(reaches(rules, 'pypi.org', { at: '10.7.7.7' })).toBe(false);
  });

  it('are not on this machine unless that is listed', () => {
    expect(
      hostsOf({ npm_config_registry: 'http://localhost:4873', GOPROXY: 'http://127.0.0.1:3000,http://[::1]:1' }),
    ).toEqual([]);
  });
});
