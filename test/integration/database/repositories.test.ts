import { defaultPolicy, type McpServer } from '@fermata/contracts';
import { type AgentSettings, type NewRepository, repositoriesFor } from '@fermata/database';
import { beforeEach, describe, expect, it } from 'vitest';
import { makeWorkspace, type TestWorkspace, useDatabase } from '../../support/postgres.js';

const held = useDatabase();
let workspace: TestWorkspace;
beforeEach(async () => void (workspace = await makeWorkspace(held.database)));

const of = () => repositoriesFor(held.database, workspace.workspaceId);
const count = (action: string) =>
  held.database.auditEntry.count({ where: { workspaceId: workspace.workspaceId, action } });

const demo: NewRepository = {
  ...{ name: 'demo', location: '/srv/demo', forge: 'local', defaultBranch: 'main', gateSource: 'declared' },
  setupCommands: ['npm ci'],
  gates: [
    { name: 'typecheck', command: 'npm run typecheck', timeoutMs: 60_000 },
    { name: 'build', command: 'npm run build', timeoutMs: 120_000 },
  ],
};
const add = (changes: Partial<NewRepository> = {}) =>
  of().repositories.add({ ...demo, ...changes }, { addedBy: workspace.principalId });

describe('repositories', () => {
  it('keep their gates in order', async () => {
    const added = await add();
    expect(added).toMatchObject(demo);
    expect(await of().repositories.get(added.id)).toEqual(added);
    await add({ name: 'another', location: '/srv/another', gates: [], gateSource: 'none' });
    expect((await of().repositories.list()).map(({ name, gates }) => [name, gates.length])).toEqual([
      ['another', 0],
      ['demo', 2],
    ]);
  });

  it('of the same location are added once, even at once', async () => {
    const added = await Promise.all(Array.from({ length: 6 }, () => add()));
    expect(new Set(added.map(({ id }) => id)).size).toBe(1);
    expect(added.every(({ gates }) => gates.length === 2)).toBe(true);
    expect(await add({ name: 'renamed', gates: [] })).toEqual(added[0]);
    expect(await count('repository.add')).toBe(1);
  });

  it('need a name of their own', async () => {
    await add();
    await expect(add({ location: '/srv/other' })).rejects.toMatchObject({
      code: 'conflict',
      details: { name: 'demo' },
    });
    await expect(of().repositories.get('repo_none')).rejects.toMatchObject({ code: 'not_found' });
  });
});

const settings: AgentSettings = {
  ...{
    name: 'default',
    runtime: 'api',
    model: 'one',
    instructions: '',
    maxSteps: 40,
    maxWorkMs: 3_600_000,
    maxOutputTokens: 8_000,
  },
  policy: defaultPolicy,
  launch: null,
  mcpServers: [],
};

describe('agents', () => {
  it('are made by the first save and changed by the next', async () => {
    const { agents } = of();
    const first = await agents.save(settings, { savedBy: workspace.principalId });
    const second = await agents.save({ ...settings, model: 'two' }, { savedBy: workspace.principalId });
    expect(second).toEqual({ ...first, model: 'two' });
    expect(await agents.get(first.id)).toEqual(second);
    expect(await agents.getByName('default')).toEqual(second);
    expect(await agents.list()).toEqual([second]);
    expect(await count('agent.save')).toBe(2);
  });

  it('keep their MCP servers, and an audit entry has none of the values that may be secrets', async () => {
    const { agents } = of();
    const mcpServers: McpServer[] = [
      { name: 'files', transport: 'stdio', command: 'files', args: ['/srv'], env: { KEY: 'value-of-files' } },
      {
        name: 'docs',
        transport: 'http',
        url: 'https://docs.example.org?key=value-of-url',
        headers: { 'X-Key': 'value-of-docs' },
      },
    ];
    const saved = await agents.save({ ...settings, mcpServers }, { savedBy: workspace.principalId });
    expect((await agents.get(saved.id)).mcpServers).toEqual(mcpServers);
    const entries = await held.database.auditEntry.findMany({ where: { subjectId: saved.id } });
    const told = entries.map(({ detail }) => String(detail)).join('\n');
    expect(told).toContain('"KEY":"…"');
    expect(told).not.toMatch(/value-of/);
  });

  it('that a person has saved are not changed by the default', async () => {
    const { agents } = of();
    const saved = await agents.save({ ...settings, model: 'mine' }, { savedBy: workspace.principalId });
    expect(await agents.ensureDefault(settings)).toEqual(saved);
    expect(await count('agent.save')).toBe(1);
  });

  it('get one default, however many ask for it at once', async () => {
    const made = await Promise.all(Array.from({ length: 6 }, () => of().agents.ensureDefault(settings)));
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
    await expect(of().agents.get('agt_none')).rejects.toMatchObject({ code: 'not_found' });
    await expect(of().agents.getByName('none')).rejects.toMatchObject({ code: 'not_found' });
  });
});
