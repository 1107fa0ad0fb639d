import { z } from 'zod';
import { parseCommandPattern } from '../policy/command-pattern.js';
import { type DangerId, isDangerId } from '../policy/danger.js';
import { PolicyEffect } from '../policy/policy-effect.js';
import { Containment } from '../sandbox/containment.js';
import { type AgentPolicy, PolicyMode, type PolicyRule } from '../policy/policy.js';

const pattern = z.string().trim().min(1).max(500);
const host = pattern.regex(/^[^\s/@]+$/, 'must be a host, without scheme, path or user');

/** JSON has no undefined members, so the type says nothing of them. */
export const policyRuleSchema = z.strictObject({
  effect: z.enum(PolicyEffect),
  tool: pattern.optional(),
  command: pattern
    .refine((text) => parseCommandPattern(text) !== null, 'must name a program and close its quotes')
    .optional(),
  path: pattern.optional(),
  host: host.optional(),
  danger: z
    .custom<DangerId>((id) => typeof id === 'string' && isDangerId(id), 'is no danger of the deny table')
    .optional(),
  reason: z.string().trim().min(1).max(1_000).optional(),
}) as unknown as z.ZodType<PolicyRule>;

/** The shape of what an agent may do, as people write it. */
export const agentPolicySchema = z.strictObject({
  mode: z.enum(PolicyMode).default(PolicyMode.acceptEdits),
  rules: z.array(policyRuleSchema).max(200).default([]),
  hosts: z.array(host).max(200).default([]),
  requires: z.enum(Containment).optional(),
  notByRequester: z.boolean().optional(),
}) as unknown as z.ZodType<AgentPolicy>;
