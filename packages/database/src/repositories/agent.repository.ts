import {
  type AgentId,
  type AgentLaunch,
  type AgentPolicy,
  type AgentRuntime,
  canonicalJson,
  DomainError,
  EventType,
  IdPrefix,
  type JsonObject,
  type McpServer,
  McpTransport,
  type ModelPolicy,
  type PolicyRule,
  type Reasoning,
} from '@fermata/contracts';
import type { Database, Transaction } from '../client.js';
import { type Agent, Prisma } from '../generated/client.js';
import { inTransaction } from '../in-transaction.js';
import { recordChange } from '../ledger/record-change.js';
import { newId } from '../new-id.js';
import type { PreparedStatement } from '../prepared-statement.js';
import { jsonColumn } from '../work/json-column.js';

export interface AgentSettings {
  /** Unique in the workspace. */
  name: string;
  runtime: AgentRuntime;
  model: string;
  /** Added to what every agent of its kind of run is told; may be empty. */
  instructions: string;
  maxSteps: number;
  /** How long one run may work, waits not counted, before a person is asked. */
  maxWorkMs: number;
  /** Of one model call. */
  maxOutputTokens: number;
  policy: AgentPolicy;
  /** Which program it is, for runtimes that are one. */
  launch: AgentLaunch | null;
  /** Whose tools it may use. */
  mcpServers: readonly McpServer[];
  /** Which model its runs ask, where that is not always `model`. */
  modelPolicy?: ModelPolicy | null;
  /** How much its models think; as their provider has it when null. */
  reasoning?: Reasoning | null;
}

export interface AgentRecord extends AgentSettings {
  id: AgentId;
  createdAt: Date;
}

const policyOf: PreparedStatement = {
  name: 'policy_of_agent',
  text: 'SELECT "policy" FROM "agent" WHERE "workspace_id" = $1 AND "id" = $2',
};

export type AgentRepository = ReturnType<typeof createAgentRepository>;

export function createAgentRepository(database: Database, workspaceId: string) {
  async function find(tx: Transaction, where: { id: string } | { name: string }): Promise<AgentRecord> {
    const row = await tx.agent.findFirst({ where: { ...where, workspaceId } });
    if (!row) throw notFound(where);
    return toRecord(row);
  }

  async function create(tx: Transaction, settings: AgentSettings): Promise<boolean> {
    const data = { ...columns(settings), id: newId(IdPrefix.agent), workspaceId, createdAt: new Date() };
    const { count } = await tx.agent.createMany({ data, skipDuplicates: true });
    return count === 1;
  }

  async function recordSaved(tx: Transaction, agent: AgentRecord, actor: string): Promise<void> {
    const { id, name, runtime, model } = agent;
    const mcpServers = agent.mcpServers.map(withoutValues);
    const detail = { ...settingsOf(agent), mcpServers } as unknown as JsonObject;
    await recordChange(tx, {
      workspaceId,
      events: [{ type: EventType.agentSaved, subjectId: id, data: { name, runtime, model } }],
      audit: [{ actor, action: 'agent.save', subjectId: id, detail }],
    });
  }

  return {
    /** Makes the agent, or gives the one of that name these settings. */
    save(settings: AgentSettings, { savedBy }: { savedBy: string }): Promise<AgentRecord> {
      const { name } = settings;
      return inTransaction(database, async (tx) => {
        const isNew = await create(tx, settings);
        if (!isNew) await tx.agent.updateMany({ where: { workspaceId, name }, data: columns(settings) });
        const agent = await find(tx, { name });
        await recordSaved(tx, agent, savedBy);
        return agent;
      });
    },

    /** The agent of that name; made with these settings when there is none, never changed when there is. */
    ensureDefault(settings: AgentSettings): Promise<AgentRecord> {
      return inTransaction(database, async (tx) => {
        const isNew = await create(tx, settings);
        const agent = await find(tx, { name: settings.name });
        if (isNew) await recordSaved(tx, agent, 'fermata');
        return agent;
      });
    },

    /**
     * Puts a rule before the others of the agent's policy; one that is there already changes nothing.
     * @throws DomainError `not_found`
     */
    addRule(id: string, rule: PolicyRule, { addedBy }: { addedBy: string }): Promise<void> {
      return inTransaction(database, async (tx) => {
        await tx.$queryRaw`SELECT 1 AS "locked" FROM "agent" WHERE "id" = ${id} AND "workspace_id" = ${workspaceId} FOR UPDATE`;
        const agent = await find(tx, { id });
        const { rules } = agent.policy;
        if (rules.some((known) => canonicalJson({ ...known }) === canonicalJson({ ...rule }))) return;
        const changed = { ...agent, policy: { ...agent.policy, rules: [rule, ...rules] } };
        await tx.agent.updateMany({ where: { id, workspaceId }, data: { policy: jsonColumn(changed.policy) } });
        await recordSaved(tx, changed, addedBy);
      });
    },

    /** @throws DomainError `not_found` */
    get: (id: string) => find(database, { id }),

    /**
     * As it is now: asked before each tool call.
     * @throws DomainError `not_found`
     */
    async policyOf(id: string): Promise<AgentPolicy> {
      const [row] = await database.ask<{ policy: AgentPolicy }>(policyOf, [workspaceId, id]);
      if (!row) throw notFound({ id });
      return row.policy;
    },

    /** @throws DomainError `not_found` */
    getByName: (name: string) => find(database, { name }),

    /** By name. */
    async list(): Promise<AgentRecord[]> {
      return (await database.agent.findMany({ where: { workspaceId }, orderBy: { name: 'asc' } })).map(toRecord);
    },
  };
}

function notFound(where: { id: string } | { name: string }): DomainError {
  return new DomainError('not_found', `There is no agent ${Object.values(where).join()}.`, where);
}

function columns({ policy, launch, mcpServers, modelPolicy, ...settings }: AgentSettings) {
  return {
    ...settings,
    ...{ policy: jsonColumn(policy), mcpServers: jsonColumn(mcpServers) },
    launch: launch === null ? Prisma.DbNull : jsonColumn(launch),
    modelPolicy: modelPolicy ? jsonColumn(modelPolicy) : Prisma.DbNull,
    reasoning: settings.reasoning ?? null,
  };
}

/** An audit entry is for ever: values that may be secrets are left out of it, their names are not. */
function withoutValues(server: McpServer): JsonObject {
  const hidden = (values: Readonly<Record<string, string>>): JsonObject =>
    Object.fromEntries(Object.keys(values).map((name) => [name, '…']));
  return server.transport === McpTransport.stdio
    ? { ...server, args: [...server.args], env: hidden(server.env) }
    : { ...server, url: server.url.replace(/\?.*$/, '?…'), headers: hidden(server.headers) };
}

function settingsOf({ id: _id, createdAt: _createdAt, ...settings }: AgentRecord): AgentSettings {
  return settings;
}

function toRecord({ workspaceId: _workspaceId, ...row }: Agent): AgentRecord {
  return {
    ...row,
    id: row.id as AgentId,
    runtime: row.runtime as AgentRuntime,
    policy: row.policy as unknown as AgentPolicy,
    launch: row.launch as unknown as AgentLaunch | null,
    mcpServers: row.mcpServers as unknown as McpServer[],
    modelPolicy: row.modelPolicy as unknown as ModelPolicy | null,
    reasoning: row.reasoning as Reasoning | null,
  };
}
