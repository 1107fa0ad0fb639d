import { Inject, Injectable } from '@nestjs/common';
import { ApprovalState, DomainError } from '@fermata/contracts';
import { type Database, repositoriesFor } from '@fermata/database';
import { approvalDecided } from '@fermata/workflows/messages';
import { type Caller, requireRole } from '../common/caller.js';
import { databaseToken } from '../common/tokens.js';
import { RunMessenger } from '../temporal/run-messenger.js';
import type { DecideApprovalInput } from './approval.input.js';

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
    if (input.remember) {
      throw new DomainError('invalid_input', 'no kind of question can be remembered yet; leave remember away');
    }
    const approval = await repositoriesFor(this.database, caller.workspaceId).approvals.decide({
      approvalId,
      digest,
      state: decision === 'APPROVE' ? ApprovalState.approved : ApprovalState.denied,
      decidedBy: caller.principalId,
      ...(reason != null && { reason }),
      ...(answer != null && { answer }),
    });
    await this.messenger.signal(approval.workflowId, approvalDecided, approval.id);
    return { approval };
  }
}
