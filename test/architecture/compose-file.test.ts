import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { searchAttributes } from '@fermata/stack';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { configSchema, setupSchema } from '../../apps/api/src/config.js';
import { workerConfigKeys } from '../../apps/worker/src/config.js';
import { type ComposeService, danglingNames, parseCompose, specificationErrors } from './compose-file.js';
import { listWorkspaces, readText, repositoryRoot } from './source-tree.js';

const compose = parseCompose(readText('docker-compose.yml'));
const services = Object.entries(compose.services);
const ours = services.filter(([, { build }]) => build !== undefined);
const workers = services.filter(([name]) => name.startsWith('worker-'));
const dockerfile = readText('Dockerfile');

/** The keys that the program a service runs would read. */
function keysFor({ command }: ComposeService): readonly string[] {
  const program = command?.at(-1) ?? 'apps/api/dist/main.js';
  if (program === 'apps/worker/dist/main.js') return workerConfigKeys;
  return Object.keys(program === 'apps/api/dist/setup.js' ? setupSchema.shape : configSchema.shape);
}

/** The compiled programs that a text names, as their sources. */
function programsIn(text: string): string[] {
  return [...text.matchAll(/apps\/\w+\/dist\/[\w-]+\.js/g)].map(([path]) =>
    path.replace('/dist/', '/src/').replace(/js$/, 'ts'),
  );
}

describe('docker-compose.yml', () => {
  it('follows the Compose specification and names nothing that is not there', () => {
    expect(specificationErrors(compose)).toEqual([]);
    expect(danglingNames(compose)).toEqual([]);
  });

  it('pins every image to one version', () => {
    for (const [name, { image }] of services) expect(`${name}: ${image}`).toMatch(/:\d+\.\d+(\.\d+)?(-[a-z]+)?$/);
  });

  it('gives our programs only settings that they have', () => {
    expect(ours.map(([name]) => name).sort()).toEqual(['api', 'setup', 'worker-1', 'worker-2']);
    for (const [name, service] of ours) {
      const unknown = Object.keys(service.environment ?? {}).filter((key) => !keysFor(service).includes(key));
      expect({ name, unknown }).toEqual({ name, unknown: [] });
    }
  });

  it('runs programs that are there', () => {
    const programs = [...programsIn(readText('docker-compose.yml')), ...programsIn(dockerfile)];
    expect(programs.length).toBeGreaterThan(2);
    expect(programs.filter((path) => !existsSync(join(repositoryRoot, path)))).toEqual([]);
  });

  it('gives each worker a data volume of its own and all of them the same repositories', () => {
    const volumesAt = (place: string) =>
      workers.map(([, { volumes = [] }]) => volumes.find((volume) => volume.endsWith(`:${place}`)));
    expect(workers.length).toBeGreaterThan(1);
    expect(volumesAt('/data')).toEqual(workers.map(([name]) => `${name}:/data`));
    expect(new Set(volumesAt('/repositories')).size).toBe(1);
  });

  it('hands provider keys to workers and to nobody else', () => {
    const holders = services.filter(([, { environment = {} }]) =>
      Object.keys(environment).some((key) => /API_KEY/.test(key)),
    );
    expect(holders).toEqual(workers);
  });

  it('listens on loopback only', () => {
    const published = services.flatMap(([, { ports = [] }]) => ports);
    expect(published.length).toBeGreaterThan(0);
    expect(published.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
  });
});

describe('the Temporal server of docker-compose.yml', () => {
  it('gets the search attributes and the dynamic configuration of the embedded one', () => {
    const script = readText('deploy/temporal/set-up-namespace.sh');
    expect(/for name in ([^;]+);/.exec(script)?.[1]?.split(' ')).toEqual([...searchAttributes]);
    const embedded = readText('packages/stack/src/temporal/temporal-server.ts').matchAll(/'(\w+\.\w+)': (\w+),/g);
    const expected = Object.fromEntries(
      [...embedded].map(([, key = '', value = '']) => [key, [{ value: parse(value) as unknown }]]),
    );
    expect(Object.keys(expected)).toHaveLength(7);
    expect(parse(readText('deploy/temporal/dynamic-config.yaml'))).toEqual(expected);
  });
});

describe('the Dockerfile', () => {
  it('runs on the Node of the clone, not as root, and is asked for its health', () => {
    const [root] = listWorkspaces();
    const images = [...dockerfile.matchAll(/^FROM node:([\d.]+)-/gm)].map(([, version]) => version);
    expect(new Set(images)).toEqual(new Set([root?.manifest.devDependencies?.['node']]));
    expect(/^USER (\w+)$/m.exec(dockerfile)?.[1]).toBe('node');
    expect(dockerfile).toMatch(/^HEALTHCHECK /m);
  });

  it('copies the package.json of every workspace before it installs', () => {
    const copied = [...dockerfile.matchAll(/^COPY ((?:apps|packages)\/[\w-]+)\/package\.json /gm)].map(
      ([, path]) => path,
    );
    const expected = listWorkspaces().map(({ path }) => path);
    expect(copied).toEqual(expected.filter((path) => path !== '').sort());
  });

  it('sets only what our programs read', () => {
    const set = [...dockerfile.matchAll(/^(?:ENV| {4}) ?([A-Z_]+)=/gm)].map(([, key = '']) => key);
    const known = [...Object.keys({ ...configSchema.shape, ...setupSchema.shape }), ...workerConfigKeys, 'NODE_ENV'];
    expect(set.length).toBeGreaterThan(5);
    expect(set.filter((key) => !known.includes(key))).toEqual([]);
  });
});

describe('the rules can fail', () => {
  it('on a file that the specification does not allow', () => {
    expect(specificationErrors({ services: { api: { imagee: 'x' } } })).not.toEqual([]);
    expect(specificationErrors({ services: { api: { ports: 'x' } } })).not.toEqual([]);
    expect(
      specificationErrors({ services: { api: { image: 'x', depends_on: { b: { condition: 'ready' } } } } }),
    ).not.toEqual([]);
  });

  it('on names that lead nowhere', () => {
    const dangling = (service: ComposeService, other: ComposeService = {}) =>
      danglingNames({ services: { a: service, b: other }, volumes: { kept: null } });
    expect(dangling({ volumes: ['kept:/data', './here:/there'] })).toEqual([]);
    expect(dangling({ volumes: ['lost:/data'] })).toHaveLength(1);
    expect(dangling({ depends_on: { c: { condition: 'service_healthy' } } })).toHaveLength(1);
    expect(dangling({ depends_on: { b: { condition: 'service_healthy' } } })).toHaveLength(1);
    expect(dangling({ depends_on: { b: { condition: 'service_completed_successfully' } } })).toHaveLength(1);
    expect(
      dangling({ depends_on: { b: { condition: 'service_completed_successfully' } } }, { restart: 'on-failure:5' }),
    ).toEqual([]);
  });
});
