import { Inject, Injectable } from '@nestjs/common';
import { AgentRuntime, assertRunnable, defaultMaxWorkMs, defaultPolicy, isDomainError } from '@fermata/contracts';
import { agentLaunchSchema, agentPolicySchema, mcpServersSchema } from '@fermata/contracts/schemas';
import { type AgentSettings, type Database, repositoriesFor } from '@fermata/database';
import { z } from 'zod';
import { type Caller, requireRole } from '../common/caller.js';
import { parseInput } from '../common/parse-input.js';
import { databaseToken } from '../common/tokens.js';
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
});

const testSchema = z.object({ agent: z.string().trim().min(1).max(40), command: z.string().min(1).max(100_000) });

@Injectable()
export class AgentService {
  constructor(
    @Inject(databaseToken) private readonly database: Database,
    private readonly tester: PolicyTester,
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
    return { agent: await agents.save(settings, { savedBy: caller.principalId }) };
  }
}

/** Fields left out keep what the agent has. */
function given(input: SaveAgentInput): Partial<SaveAgentInput> {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value != null));
}

function nullWhenUnknown(error: unknown): null {
  if (isDomainError(error) && error.code === 'not_found') return null;
  throw error;
}
