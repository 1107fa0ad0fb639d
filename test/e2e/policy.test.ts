import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { useFermata } from '../support/fermata.js';
import { addRepository, ask, openApproval, runEnd, runWhere, submitGoal } from '../support/goals.js';
import { bash, finishes, planOf, useModel } from '../support/model.js';
import { landedOn, makeRepository } from '../support/small-repository.js';

const model = useModel();
const fermata = useFermata(() => model.environment());

const save = 'mutation ($input: SaveAgentInput!) { saveAgent(input: $input) { agent { id policy } } }';
const decideIt = 'mutation ($input: DecideApprovalInput!) { decideApproval(input: $input) { approval { state } } }';
const readAgents = 'query { agents(first: 20) { nodes { name policy } } }';
const test = 'query ($command: String!) { testPolicy(agent: "careful", command: $command) { effect rule dangers } }';

interface Policy {
  mode: string;
  rules: { effect: string; command?: string }[];
}

const saveCareful = (policy: object) =>
  ask(fermata.held, save, { input: { name: 'careful', model: 'scripted', policy } });

async function policyOf(name: string): Promise<Policy | undefined> {
  const { agents } = await ask<{ agents: { nodes: { name: string; policy: Policy }[] } }>(fermata.held, readAgents);
  return agents.nodes.find((agent) => agent.name === name)?.policy;
}

const judged = async (command: string) =>
  (await ask<{ testPolicy: { effect: string; rule: string; dangers: string[] } }>(fermata.held, test, { command }))
    .testPolicy;

describe('an agent with a policy', () => {
  it('asks before it runs a command, goes on with a yes, and does not ask again after a yes for always', async () => {
    await saveCareful({ mode: 'accept-edits' });
    const location = await makeRepository(join(fermata.folder, 'careful'));
    model.plans('careful', [planOf({ one: { title: 'careful one' } })]);
    model.works('careful one', [bash('touch made.txt'), bash('touch made.txt'), bash('rm -rf /'), finishes()]);
    const repositoryId = await addRepository(fermata.held, location, { gates: [] });
    const id = await submitGoal(fermata.held, repositoryId, { agent: 'careful' });
    const question = await openApproval(fermata.held, id);
    expect(question).toMatchObject({ kind: 'tool_call', title: 'May the agent run `touch made.txt`?' });
    expect(question.detail).toMatchObject({ always: { effect: 'allow', tool: 'bash', command: 'touch made.txt' } });
    const waits = await runWhere(fermata.held, id, {
      what: 'waiting for a person',
      is: ({ waitingOn }) => waitingOn?.kind === 'human',
    });
    expect(waits.waitingOn).toMatchObject({ subjectId: question.id, releasableBy: ['approver'] });
    const input = { approvalId: question.id, digest: question.digest, decision: 'APPROVE', remember: true };
    await ask(fermata.held, decideIt, { input });
    await ask(fermata.held, decideIt, { input });
    // The second call is the same and is let through; the third one is refused without a question.
    expect(await runEnd(fermata.held, id)).toMatchObject({ state: 'completed' });
    expect((await policyOf('careful'))?.rules).toEqual([{ effect: 'allow', tool: 'bash', command: 'touch made.txt' }]);
    expect(await landedOn(location)).toHaveLength(1);
    const texts = JSON.stringify(model.server.requests().map(({ body }) => body));
    expect(texts).toContain('deny-table: delete-outside');
  });

  it('can be asked what it says of a command, and runs nothing', async () => {
    await saveCareful({ mode: 'accept-edits', rules: [{ effect: 'allow', command: 'npm test' }] });
    expect(await judged('npm test')).toMatchObject({ effect: 'allow', rule: 'rule 1' });
    expect(await judged('npm publish')).toMatchObject({ effect: 'deny', dangers: ['publish'] });
  });

  it('is not saved when it cannot be read, and says which part', async () => {
    const broken = [
      [{ mode: 'yolo' }, 'policy.mode'],
      [{ rules: [{ effect: 'allow', command: 'echo "' }] }, 'close its quotes'],
      [{ rules: [{ effect: 'allow', danger: 'everything' }] }, 'is no danger of the deny table'],
      [{ hosts: ['https://example.org/x'] }, 'must be a host'],
    ] as const;
    for (const [policy, words] of broken) {
      await expect(saveCareful(policy)).rejects.toMatchObject({
        code: 'invalid_input',
        message: expect.stringContaining(words) as string,
      });
    }
  });
});
