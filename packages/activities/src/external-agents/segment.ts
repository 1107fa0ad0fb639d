import type { AgentRunKind } from '@fermata/contracts';
import type { AgentRecord } from '@fermata/database';
import type { AgentRunRow } from '../agent-runs/conversation.js';
import type { ActivityDeps } from '../deps.js';
import type { Workspace } from '../workspace.js';

/** A stretch of work of an agent that is not ours. */
export interface Segment {
  deps: ActivityDeps;
  workspace: Workspace;
  run: AgentRunRow & { kind: AgentRunKind; externalSession: string | null; result: unknown };
  agent: AgentRecord;
  worktreeId: string;
  /** Absolute. */
  worktree: string;
  /** It may look, and change nothing. */
  readOnly: boolean;
}
