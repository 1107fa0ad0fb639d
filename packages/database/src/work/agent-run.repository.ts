import {
  type AgentRunEnd,
  AgentRunState,
  agentRunTransitions,
  type CallPolicy,
  Containment,
  type CostSource,
  DomainError,
  EventType,
  type Failure,
  isFinal,
  BudgetScope,
  IdPrefix,
  type Json,
  type JsonObject,
  type McpServerFailure,
  type MicroUsd,
  type ModelChoice,
  ModelChoiceRule,
  type Reasoning,
  WaitKind,
} from '@fermata/contracts';
import { voidQuestionsOf } from '../approvals/approval-changes.js';
import type { Database, Transaction } from '../client.js';
import { type AgentRun, Prisma } from '../generated/client.js';
import { inTransaction } from '../in-transaction.js';
import { recordChange } from '../ledger/record-change.js';
import { agentRunMachine } from '../states/machines.js';
import { moveState } from '../states/move-state.js';
import { newId } from '../new-id.js';
import type { PreparedStatement } from '../prepared-statement.js';
import { storable } from '../storable.js';
import { createAgentRunFrame } from './agent-run-frame.js';
import { endOpenSteps } from './end-open-steps.js';
import { jsonColumn } from './json-column.js';
import { waitingColumn } from './waiting.repository.js';

export interface NewAgentRun {
  /** What is asked for, so that asking twice gives the first: task or OKR run, attempt, kind and round. */
  key: string;
  okrRunId: string;
  taskId?: string;
  agentId: string;
  kind: string;
  round: number;
  attempt: number;
  continuesRunId?: string;
  /** Of a subtask. */
  subtask?: NewSubtask;
  runtime: string;
  model: string;
  /** Why that model, where the agent has a policy. */
  modelChoice?: ModelChoice | null;
  /** What of the agent's policy is left to decide at each call. */
  modelPolicy?: CallPolicy | null;
  reasoning?: Reasoning | null;
  host: string;
  worktreeId: string;
  systemDigest: string;
  briefDigest: string;
  maxSteps: number;
  maxWorkMs: number;
  maxOutputTokens: number;
}

/** What a run has besides that is done for another one. */
export interface NewSubtask {
  parentRunId: string;
  depth: number;
  title: string;
  resultSchema: JsonObject | null;
  /** Of the budget that is opened for it; null: none. */
  limitMicros: MicroUsd | null;
}

/** What a turn needs to know of its run. */
export type AgentRunAtTurn = Pick<
  AgentRun,
  | 'id'
  | 'okrRunId'
  | 'taskId'
  | 'agentId'
  | 'kind'
  | 'state'
  | 'runtime'
  | 'host'
  | 'model'
  | 'modelChoice'
  | 'modelPolicy'
  | 'reasoning'
  | 'worktreeId'
  | 'containment'
  | 'continuesRunId'
  | 'parentRunId'
  | 'depth'
  | 'resultSchema'
  | 'briefDigest'
  | 'systemDigest'
  | 'mcpOfferDigest'
  | 'maxOutputTokens'
>;

const atTurn: PreparedStatement = {
  name: 'agent_run_at_turn',
  text: `SELECT "id", "okr_run_id" AS "okrRunId", "task_id" AS "taskId", "agent_id" AS "agentId", "kind", "state",
    "parent_run_id" AS "parentRunId", "depth", "result_schema" AS "resultSchema",
    "runtime", "host", "model", "model_choice" AS "modelChoice", "model_policy" AS "modelPolicy", "reasoning", "worktree_id" AS "worktreeId", "containment", "continues_run_id" AS "continuesRunId", "brief_digest" AS "briefDigest",
    "system_digest" AS "systemDigest", "mcp_offer_digest" AS "mcpOfferDigest", "max_output_tokens" AS "maxOutputTokens"
    FROM "agent_run" WHERE "workspace_id" = $1 AND "id" = $2`,
};

const saveResult: PreparedStatement = {
  name: 'save_agent_run_result',
  text: 'UPDATE "agent_run" SET "result" = $3::jsonb WHERE "workspace_id" = $1 AND "id" = $2',
};

export type AgentRunRepository = ReturnType<typeof createAgentRunRepository>;

/** Agent runs as their workflow changes them. */
export function createAgentRunRepository(database: Database, workspaceId: string) {
  /** @throws DomainError `not_found` */
  async function get(id: string, tx: Transaction = database) {
    const run = await tx.agentRun.findFirst({ where: { id, workspaceId } });
    if (!run) throw notFound(id);
    return run;
  }

  type Row = Awaited<ReturnType<typeof get>>;

  async function announce(
    tx: Transaction,
    { id, okrRunId, taskId, kind }: Row,
    data: { to: string; code?: string },
  ): Promise<void> {
    const ids = { okrRunId, agentRunId: id, ...(taskId && { taskId }) };
    await recordChange(tx, {
      workspaceId,
      events: [{ type: EventType.agentRunStateChanged, subjectId: id, ...ids, data: { kind, ...data } }],
    });
  }

  async function announceModel(tx: Transaction, { id, okrRunId, taskId }: Row, choice: ModelChoice): Promise<void> {
    const ids = { okrRunId, agentRunId: id, ...(taskId && { taskId }) };
    const event = { type: EventType.modelChosen, subjectId: id, ...ids, data: { ...choice } };
    await recordChange(tx, { workspaceId, events: [event] });
  }

  return {
    get,
    ...createAgentRunFrame(database, workspaceId),

    /** @throws DomainError `not_found` */
    async atTurn(id: string): Promise<AgentRunAtTurn> {
      const [run] = await database.ask<AgentRunAtTurn>(atTurn, [workspaceId, id]);
      if (!run) throw notFound(id);
      return run;
    },

    /** Runs of a task or an OKR run, or subtasks of a run, that have not ended. */
    openOf: (of: { taskId: string } | { okrRunId: string } | { parentRunId: string }) =>
      database.agentRun.findMany({ where: { ...of, workspaceId, endedAt: null }, select: { id: true } }),

    findByKey: (key: string) => database.agentRun.findFirst({ where: { key, workspaceId } }),

    /** Subtasks that a run has had so far. */
    countSubtasks: (parentRunId: string) => database.agentRun.count({ where: { workspaceId, parentRunId } }),

    /**
     * Queues a run, once for each key; a subtask with a budget of its own.
     * @throws DomainError `conflict` for a subtask of a run that has ended
     */
    queue({ modelChoice = null, modelPolicy = null, subtask, ...run }: NewAgentRun): Promise<{ id: string }> {
      return inTransaction(database, async (tx) => {
        const first = await tx.agentRun.findFirst({ where: { key: run.key, workspaceId } });
        if (first) return { id: first.id };
        if (subtask) await assertOpen(tx, workspaceId, subtask.parentRunId);
        const waiting = waitingColumn({
          kind: WaitKind.slot,
          detail: 'Waits for a worker.',
          releasableBy: ['fermata'],
        });
        const data = {
          id: newId('run'),
          workspaceId,
          state: AgentRunState.queued,
          waitingOn: waiting,
          createdAt: new Date(),
          ...run,
          modelChoice: modelChoice === null ? Prisma.DbNull : jsonColumn(modelChoice),
          modelPolicy: modelPolicy === null ? Prisma.DbNull : jsonColumn(modelPolicy),
          ...(subtask && subtaskColumns(subtask)),
        };
        const row = await tx.agentRun.create({ data });
        if (subtask) await openBudget(tx, row, subtask);
        await announce(tx, row, { to: AgentRunState.queued });
        if (modelChoice !== null && modelChoice.rule !== ModelChoiceRule.agent)
          await announceModel(tx, row, modelChoice);
        return { id: row.id };
      });
    },

    /** Says what contains the run's programs. Once one of them ran without, the run did. */
    recordContainment: (id: string, containment: Containment) =>
      database.agentRun.updateMany({
        where: { id, workspaceId, OR: [{ containment: null }, { NOT: { containment: Containment.none } }] },
        data: { containment },
      }),

    /** Remembers what the run's MCP servers offer, once, and says which of them failed. */
    recordMcpOffer(id: string, offer: { digest: string; failures: readonly McpServerFailure[] }): Promise<void> {
      return inTransaction(database, async (tx) => {
        const { count } = await tx.agentRun.updateMany({
          where: { id, workspaceId, mcpOfferDigest: null },
          data: { mcpOfferDigest: offer.digest },
        });
        if (count === 0 || offer.failures.length === 0) return;
        const { okrRunId, taskId } = await get(id, tx);
        const about = { subjectId: id, okrRunId, agentRunId: id, ...(taskId && { taskId }) };
        const events = offer.failures.map((failure) => ({
          ...{ type: EventType.mcpServerFailed, ...about },
          data: { ...failure },
        }));
        await recordChange(tx, { workspaceId, events });
      });
    },

    /** Remembers what an agent that is not ours calls the conversation with it. */
    saveSession: (id: string, externalSession: string) =>
      database.agentRun.updateMany({ where: { id, workspaceId }, data: { externalSession } }),

    /** Says what is known of the cost of a run. */
    saveCostSource: (id: string, costSource: CostSource) =>
      database.agentRun.updateMany({ where: { id, workspaceId }, data: { costSource } }),

    async saveResult(id: string, result: Json): Promise<void> {
      await database.ask(saveResult, [workspaceId, id, JSON.stringify(storable(result))]);
    },

    /** Ends the run with all that it leaves open, once: what a second call says is ignored, and the first end is given back. */
    end(id: string, { state, failure }: AgentRunEnd): Promise<AgentRunEnd> {
      return inTransaction(database, async (tx) => {
        const run = await get(id, tx);
        if (isFinal(agentRunTransitions, run.state as AgentRunState)) return endOf(run);
        const set = { endedAt: new Date(), waitingOn: Prisma.DbNull, ...(failure && { failure: jsonColumn(failure) }) };
        // A run cancelled before its first step never was `running`.
        const to = run.state === AgentRunState.queued && state !== 'cancelled' ? AgentRunState.failed : state;
        const data = { kind: run.kind, ...(failure && { code: failure.code }) };
        const { events } = await moveState(tx, agentRunMachine, { id, workspaceId, to, set, data });
        const stepEvents = await endOpenSteps(tx, { run, failure });
        await tx.sealedAnswer.deleteMany({ where: { workspaceId, agentRunId: id } });
        const voided = await voidQuestionsOf(tx, { workspaceId, of: { agentRunId: id } });
        const all = [...stepEvents, ...voided.events, ...events];
        await recordChange(tx, { workspaceId, events: all, audit: voided.audit });
        return { state: to, failure };
      });
    },
  };
}

function subtaskColumns({ parentRunId, depth, title, resultSchema }: NewSubtask) {
  return { parentRunId, depth, title, resultSchema: resultSchema === null ? Prisma.DbNull : jsonColumn(resultSchema) };
}

/** Whoever ends the parent looks for its subtasks then: none may come after that. */
async function assertOpen(tx: Transaction, workspaceId: string, id: string): Promise<void> {
  const open = await tx.$queryRaw<unknown[]>`
    SELECT 1 FROM "agent_run" WHERE "workspace_id" = ${workspaceId} AND "id" = ${id} AND "ended_at" IS NULL FOR SHARE`;
  if (open.length > 0) return;
  throw new DomainError('conflict', `The agent run ${id} has ended: nothing more is done for it.`, { id });
}

/** Beneath that of its task. */
async function openBudget(
  tx: Transaction,
  { id: subjectId, workspaceId }: AgentRun,
  { limitMicros }: NewSubtask,
): Promise<void> {
  const row = { id: newId(IdPrefix.budget), workspaceId, scope: BudgetScope.agentRun, subjectId };
  const limit = limitMicros === null ? null : BigInt(limitMicros);
  await tx.budget.create({ data: { ...row, limitMicros: limit, updatedAt: new Date() } });
}

/** How a run that has ended did so. */
export function endOf(run: { state: string; failure: unknown }): AgentRunEnd {
  return { state: run.state as AgentRunEnd['state'], failure: (run.failure as Failure | null) ?? null };
}

function notFound(id: string): DomainError {
  return new DomainError('not_found', `There is no agent run ${id}.`, { id });
}
