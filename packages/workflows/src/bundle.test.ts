import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { beforeAll, describe, expect, it } from 'vitest';

const folder = import.meta.dirname;
/** What the bundler resolves besides ours: Temporal's own workflow runtime and what that needs. */
const runtime = ['@temporalio/workflow', '@temporalio/common', '@temporalio/worker', '@temporalio/proto'];
const runtimeNeeds = ['long', 'ms', 'protobufjs', '@protobufjs', 'nexus-rpc'];

async function sources(): Promise<{ name: string; text: string }[]> {
  const names = await readdir(folder, { recursive: true });
  const compiled = names.filter((name) => name.endsWith('.ts') && !/\.(test|fixture)\.ts$/.test(name));
  return Promise.all(compiled.map(async (name) => ({ name, text: await readFile(path.join(folder, name), 'utf8') })));
}

/** The modules a file imports, types included. */
function imported(text: string): string[] {
  return [...text.matchAll(/(?:from|import\()\s*'([^']+)'/g)].map((match) => match[1] ?? '');
}

describe('workflow code', () => {
  it('imports nothing but the contracts’ root and Temporal’s workflow package', async () => {
    const files = await sources();
    expect(files.length).toBeGreaterThan(15);
    const outside = files.flatMap(({ name, text }) =>
      imported(text)
        .filter((from) => !from.startsWith('.') && !['@fermata/contracts', '@temporalio/workflow'].includes(from))
        .map((from) => `${name} imports ${from}`),
    );
    expect(outside).toEqual([]);
  });

  it('reads no clock, chance or environment but by way of Temporal', async () => {
    const files = await sources();
    const found = files.filter(({ text }) => /\bprocess\.|\brequire\(|\bnode:|\bsetInterval\(/.test(text));
    expect(found.map(({ name }) => name)).toEqual([]);
  });
});

describe('the bundle', () => {
  let modules: string[];

  beforeAll(async () => {
    const workflowsPath = path.join(folder, 'index.ts');
    const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
    const map = /sourceMappingURL=data:application\/json;[^,]*base64,(\S+)/.exec(code)?.[1] ?? '';
    modules = (JSON.parse(Buffer.from(map, 'base64').toString()) as { sources: string[] }).sources;
  });

  it('has no zod in it: every cached workflow would pay for its schemas', () => {
    expect(modules.filter((name) => /node_modules\/zod\b|schemas\//.test(name))).toEqual([]);
  });

  it('holds our two packages and Temporal’s runtime, and nothing else', () => {
    expect(modules.some((name) => name.includes('workflows/src/okr-runs/okr-run.workflow.ts'))).toBe(true);
    const packages = modules
      .map((name) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(name)?.[1])
      .filter((name) => name !== undefined);
    const strangers = packages.filter(
      (name) => ![...runtime, ...runtimeNeeds, '@fermata/contracts'].some((known) => name.startsWith(known)),
    );
    expect([...new Set(strangers)]).toEqual([]);
  });
});
