import { type AgentPolicy, type ApprovalId } from '@fermata/contracts';
import { createRedactor } from '@fermata/contracts/redaction';
import { digestOf, installRedactor, repositoriesFor } from '@fermata/database';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ActivityWorld, resultOf } from '../../support/activity-world.js';
import { type AgentAtWork } from '../../support/agent-at-work.js';
import { useDatabase } from '../../support/postgres.js';
import {
  awsKey,
  bash,
  expectNoTraceIn,
  fileOf,
  openedAt,
  otherAwsKey,
  sealedPlace,
  tokenAtWork,
} from '../../support/token-at-work.js';

const held = useDatabase();
beforeEach(() => installRedactor(createRedactor()));
afterEach(() => installRedactor(null));

describe('a policy', () => {
  const asking: AgentPolicy = { mode: 'accept-edits', rules: [], hosts: [] };
  const approvals = (world: ActivityWorld) => repositoriesFor(world.database, world.workspaceId).approvals;
  const command = `touch ${awsKey}.txt`;

  async function asked({ world, calls }: AgentAtWork, at = 0) {
    const turn = await world.run('runTool', calls[at]!);
    if (turn.state !== 'asked') throw new Error(`it was not asked: ${turn.state}`);
    return approvals(world).get(turn.approvalId);
  }

  async function approve(world: ActivityWorld, approvalId: ApprovalId): Promise<void> {
    const { digest } = await approvals(world).get(approvalId);
    await approvals(world).decide({ approvalId, digest, state: 'approved', decidedBy: world.principalId });
  }

  it('is asked what is going to be run, and not what is shown of it', async () => {
    const rules: AgentPolicy['rules'] = [{ effect: 'deny', tool: 'bash', command: `echo ${awsKey.slice(0, 10)}*` }];
    const at = await tokenAtWork(held.database, [bash(`echo ${awsKey}`), bash(`echo ${otherAwsKey}`)], {
      policy: { mode: 'full', rules, hosts: [] },
    });
    expect(await at.world.run('runTool', at.calls[0]!)).toMatchObject({ state: 'failed' });
    expect((await resultOf(at.world, at.calls[0]!)).text).toContain('the policy of this agent refuses it');
    expect(await at.world.run('runTool', at.calls[1]!)).toMatchObject({ state: 'succeeded' });
    expectNoTraceIn(at.told());
  });

  it('that leaves it to a person shows the mark, says what it stands for, and no rule for always is made of it', async () => {
    const at = await tokenAtWork(held.database, [bash(command)], { policy: asking });
    const question = await asked(at);
    expect(question).toMatchObject({
      title: 'May the agent run `touch [redacted: AWS access key].txt`?',
      detail: {
        input: { command: 'touch [redacted: AWS access key].txt' },
        hidden:
          '[redacted: AWS access key] stands for something that looks like a token. The agent wrote it itself, and it is used as it was written.',
        always: null,
      },
    });
    expectNoTraceIn(JSON.stringify(question) + at.told());
    await approve(at.world, question.id);
    expect(await at.world.run('runTool', at.calls[0]!, { attempt: 2 })).toMatchObject({ state: 'succeeded' });
    expect(fileOf(at, `${awsKey}.txt`)).toBe('');
  });

  it('has a yes count for these words alone, and the digest of them cannot be made without their key', async () => {
    const at = await tokenAtWork(held.database, [bash(command)], { policy: asking });
    const question = await asked(at);
    expect(question.detail['inputDigest']).not.toBe(digestOf({ command }));
    expect((await asked(at)).id).toBe(question.id);
    await approve(at.world, question.id);
    // Other words that are shown in the same way, as somebody would put there who has keys and database.
    const opened = await openedAt(at, 0);
    const { workspaceId, deps } = at.world;
    const place = sealedPlace(workspaceId, { agentRunId: at.agentRunId, index: 0 });
    const forged = deps.cipher.seal(place, opened.replace(awsKey, otherAwsKey));
    await held.database.sealedAnswer.updateMany({ where: { agentRunId: at.agentRunId }, data: forged });
    const second = await asked(at);
    expect(second.title).toBe(question.title);
    expect(second.id).not.toBe(question.id);
  });

  it('shows a question that nothing is hidden of as it always did', async () => {
    const at = await tokenAtWork(held.database, [bash('touch made.txt')], { policy: asking });
    const { detail } = await asked(at);
    expect(detail).not.toHaveProperty('hidden');
    expect(detail['inputDigest']).toBe(digestOf({ command: 'touch made.txt' }));
    expect(detail['always']).not.toBeNull();
  });
});
