import { Inject, Injectable } from '@nestjs/common';
import {
  AgentRuntime,
  assertRunnable,
  defaultMaxWorkMs,
  defaultPolicy,
  DomainError,
  nullWhenUnknown,
  type ModelPolicy,
  modelsIn,
  Reasoning,
} from '@fermata/contracts';
import { findModel } from '@fermata/contracts/models';
import { agentLaunchSchema, agentPolicySchema, mcpServersSchema, modelPolicySchema } from '@fermata/contracts/schemas';
import { type AgentSettings, type Database, repositoriesFor } from '@fermata/database';
import { z } from 'zod';
import type { Catalogue } from '../common/catalogue.js';
import { type Caller, requireRole } from '../common/caller.js';
import { parseInput } from '../common/parse-input.js';
import { catalogueToken, databaseToken } from '../common/tokens.js';
import { PolicyTester } from '../temporal/policy-tester.js';
import type { SaveAgentInput } from './agent.input.js';

const settingsSchema = z.object({
  name: z
    .string()
    .trim()
    .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'must be lower-case letters, digits and dashes, at most 40'),
  runtime: z.enum(Object.values(AgentRuntime)).default(AgentRuntime.api),
  model: z.string('is needed for a new agent').trim().min(1).max(200),
  instructions: z.string().max(100_000).default(''),
  maxSteps: z.number().int().min(1).max(1_000).default(80),
  maxWorkMs: z
    .number()
    .int()
    .min(60_000)
    .max(7 * 24 * 60 * 60_000)
    .default(defaultMaxWorkMs),
  maxOutputTokens: z.number().int().min(256).max(200_000).default(16_000),
  policy: agentPolicySchema.default(defaultPolicy),
  launch: agentLaunchSchema.nullable().default(null),
  mcpServers: mcpServersSchema.default([]),
  modelPolicy: modelPolicySchema.nullable().default(null),
  reasoning: z.enum(Reasoning).nullable().default(null),
});

const testSchema = z.object({ agent: z.string().trim().min(1).max(40), command: z.string().min(1).max(100_000) });

@Injectable()
export class AgentService {
  constructor(
    @Inject(databaseToken) private readonly database: Database,
    private readonly tester: PolicyTester,
    @Inject(catalogueToken) private readonly catalogue: Catalogue,
  ) {}

  async testPolicy({ workspaceId }: Caller, asked: { agent: string; command: string }) {
    const { agent: name, command } = parseInput(testSchema, asked);
    const { id } = await repositoriesFor(this.database, workspaceId).agents.getByName(name);
    return this.tester.test({ workspaceId, agentId: id, command });
  }

  async save(caller: Caller, input: SaveAgentInput) {
    requireRole(caller, 'admin');
    const { agents } = repositoriesFor(this.database, caller.workspaceId);
    const name = input.name.trim();
    const before = await agents.getByName(name).catch(nullWhenUnknown);
    const settings: AgentSettings = parseInput(settingsSchema, { ...before, ...given(input), name });
    assertRunnable(settings);
    if (settings.modelPolicy) refuseUnknownModels(settings.modelPolicy, this.catalogue);
    return { agent: await agents.save(settings, { savedBy: caller.principalId }) };
  }
}

/** A policy names models that are asked when nobody looks on: one that has no price would stop its run then. */
function refuseUnknownModels(policy: ModelPolicy, catalogue: Catalogue): void {
  const unknown = modelsIn(policy).filter((name) => findModel(name, catalogue) === null);
  if (unknown.length === 0) return;
  throw new DomainError(
    'model_unknown',
    `The model policy names ${unknown.map((name) => `"${name}"`).join(', ')}, whose price is not known. State it in models.json in FERMATA_HOME, or in the file that FERMATA_MODELS_FILE names (docs/guides/models.md), and start again.`,
    { models: unknown },
  );
}

/** Fields left out keep what the agent has. */
function given(input: SaveAgentInput): Partial<SaveAgentInput> {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value != null));
}
