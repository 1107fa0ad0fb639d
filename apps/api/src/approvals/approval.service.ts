import { Inject, Injectable } from '@nestjs/common';
import { ApprovalKind, ApprovalState, DomainError, type PolicyRule } from '@fermata/contracts';
import { policyRuleSchema } from '@fermata/contracts/schemas';
import { type Database, repositoriesFor } from '@fermata/database';
import { createReader } from '@fermata/database/reading';
import { approvalDecided } from '@fermata/workflows/messages';
import { type Caller, found, requireRole } from '../common/caller.js';
import { databaseToken } from '../common/tokens.js';
import { RunMessenger } from '../temporal/run-messenger.js';
import type { DecideApprovalInput } from './approval.input.js';

interface LastingRule {
  agentId: string;
  rule: PolicyRule;
}

@Injectable()
export class ApprovalService {
  constructor(
    @Inject(databaseToken) private readonly database: Database,
    private readonly messenger: RunMessenger,
  ) {}

  /** The row first, then the nudge: a crash between the two is repaired by the sweep. */
  async decide(caller: Caller, input: DecideApprovalInput) {
    requireRole(caller, 'approver');
    const { approvalId, digest, decision, reason, answer } = input;
    const repositories = repositoriesFor(this.database, caller.workspaceId);
    const lasting = input.remember ? await this.lastingRule(caller, input) : null;
    const approval = await repositories.approvals.decide({
      approvalId,
      digest,
      state: decision === 'APPROVE' ? ApprovalState.approved : ApprovalState.denied,
      decidedBy: caller.principalId,
      ...(reason != null && { reason }),
      ...(answer != null && { answer }),
    });
    // Saying the same again adds it when a crash came between.
    if (lasting) await repositories.agents.addRule(lasting.agentId, lasting.rule, { addedBy: caller.principalId });
    await this.messenger.signal(approval.workflowId, approvalDecided, approval.id);
    return { approval };
  }

  /** A rule changes what an agent may do from now on, and that is an admin's to say. */
  private async lastingRule(caller: Caller, { approvalId, decision }: DecideApprovalInput): Promise<LastingRule> {
    requireRole(caller, 'admin');
    const { approvals } = repositoriesFor(this.database, caller.workspaceId);
    const { kind, detail, agentRunId } = await approvals.get(approvalId);
    if (decision !== 'APPROVE' || kind !== ApprovalKind.toolCall || !agentRunId) {
      throw new DomainError('invalid_input', 'only a yes to what an agent wants to do can be given for always');
    }
    const rule = policyRuleSchema.safeParse(detail['always']);
    if (!rule.success) {
      const message =
        'no rule can say just this, so it can only be approved once; write one with `fermata agent save --policy`';
      throw new DomainError('invalid_input', message, { approvalId });
    }
    const { agentRuns } = createReader(this.database, caller.workspaceId);
    const run = found((await agentRuns.byId([agentRunId])).get(agentRunId), 'agent run', agentRunId);
    return { agentId: run.agentId, rule: rule.data };
  }
}
