import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { useFermata } from '../support/fermata.js';
import { addRepository, ask, readRun, runEnd, submitGoal } from '../support/goals.js';
import { call, finishes, planOf, useModel, writes } from '../support/model.js';
import { landedOn, makeRepository } from '../support/small-repository.js';
import { until } from '../support/until.js';

const model = useModel();
const fermata = useFermata(() => model.environment());

const save = 'mutation ($input: SaveAgentInput!) { saveAgent(input: $input) { agent { id mcpServers } } }';
const readSteps = 'query ($id: ID!) { agentRun(id: $id) { steps(first: 50) { nodes { name state } } } }';
const command = resolve('node_modules/.bin/mcp-server-everything');
const every = { name: 'every', transport: 'stdio', command, args: ['stdio'], env: {} };

const saveAgent = (mcpServers: unknown) =>
  ask(fermata.held, save, { input: { name: 'helped', model: 'scripted', mcpServers } });

/** The processes of servers that work for agents here, each counted once whatever holds it. */
async function serverProcesses(): Promise<string[]> {
  const found = await fermata.held.agentProcesses();
  return found.map(({ command: words }) => words).filter((words) => /^\S*node\S* \S*mcp-server-everything/.test(words));
}

async function stepsOf(okrRunId: string): Promise<string[]> {
  const { tasks } = await readRun(fermata.held, okrRunId);
  const work = tasks.flatMap(({ agentRuns }) => agentRuns).find(({ kind }) => kind === 'work');
  if (!work) return [];
  const { agentRun } = await ask<{ agentRun: { steps: { nodes: { name: string; state: string }[] } } }>(
    fermata.held,
    readSteps,
    { id: work.id },
  );
  return agentRun.steps.nodes.map(({ name, state }) => `${name}: ${state}`);
}

describe('an agent with an MCP server', () => {
  it('uses its tools in a whole run, over a kill -9 of the worker in the middle of a call', async () => {
    await saveAgent([every]);
    const location = await makeRepository(join(fermata.folder, 'helped'));
    const long = 'mcp__every__trigger-long-running-operation';
    const heard: string[] = [];
    model.plans('helped', [planOf({ one: { title: 'helped one' } })]);
    model.works('helped one', [
      call('mcp__every__echo', { message: 'the first' }),
      call(long, { duration: 3_600, steps: 10 }),
      ({ lastToolResultText }) => {
        heard.push(lastToolResultText);
        return call('mcp__every__echo', { message: 'the second' });
      },
      ({ lastToolResultText }) => {
        heard.push(lastToolResultText);
        return writes('made.txt', 'made\n');
      },
      finishes(),
    ]);
    const repositoryId = await addRepository(fermata.held, location, { gates: [] });
    const id = await submitGoal(fermata.held, repositoryId, { agent: 'helped' });
    await until('the long call', async () => (await stepsOf(id)).includes(`${long}: started`));
    expect(await serverProcesses()).toHaveLength(1);

    await fermata.held.kill('worker');

    expect(await runEnd(fermata.held, id)).toMatchObject({ state: 'completed' });
    expect(heard).toEqual([expect.stringContaining('Outcome unknown'), expect.stringContaining('Echo: the second')]);
    expect((await stepsOf(id)).filter((step) => step.startsWith('mcp__'))).toEqual([
      'mcp__every__echo: succeeded',
      `${long}: unknown`,
      'mcp__every__echo: succeeded',
    ]);
    expect(await landedOn(location)).toHaveLength(1);
    await until('the end of the servers', async () => (await serverProcesses()).length === 0);
  });

  it('is not saved with a server that cannot be', async () => {
    for (const [server, words] of [
      [{ ...every, name: 'Not A Name' }, 'mcpServers.0.name'],
      [{ ...every, name: 'fermata' }, 'our own tools'],
      [{ name: 'web', transport: 'http', url: 'ftp://example.org' }, 'http:// or https://'],
      [{ ...every, env: { TOKEN: 'secret:github' } }, 'references to secrets'],
    ] as const) {
      await expect(saveAgent([server])).rejects.toMatchObject({
        code: 'invalid_input',
        message: expect.stringContaining(words) as string,
      });
    }
  });
});
