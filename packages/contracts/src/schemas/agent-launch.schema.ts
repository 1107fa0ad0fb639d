import { z } from 'zod';
import { type AgentLaunch, AgentLogin, AgentPreset } from '../agent-runs/agent-launch.js';

const variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,99}$/, 'must be the name of an environment variable');

export const agentLaunchSchema: z.ZodType<AgentLaunch> = z.union(
  [
    z.strictObject({ preset: z.enum(AgentPreset), login: z.exactOptional(z.enum(AgentLogin)) }),
    z.strictObject({
      command: z.string().trim().min(1).max(1_000),
      args: z.array(z.string().max(4_000)).max(100).default([]),
      env: z.record(variable, z.string().max(4_000)).default({}),
    }),
  ],
  {
    error: `must be { preset, login } with one of ${Object.values(AgentPreset).join(', ')} and gateway or own, or { command, args, env }`,
  },
);
