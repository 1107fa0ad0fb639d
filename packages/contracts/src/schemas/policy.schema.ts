import { z } from 'zod';
import { ContainmentLevel } from '../policy/containment-level.js';
import { type DangerId, dangers } from '../policy/danger.js';
import { PolicyEffect } from '../policy/policy-effect.js';
import { type AgentPolicy, PolicyMode } from '../policy/policy.js';

const pattern = z.string().trim().min(1).max(1_000);
const words = /^\s*(?:(?:"(?:[^"\\]|\\.)*"|'[^']*'|\\.|[^\s"'\\])+\s*)+$/s;
/** Letters, digits and dashes with dots between them; a star for the first part, or alone. */
const hostShape = /^(\*|(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*)$/i;

const host = z.string().trim().max(253).regex(hostShape, 'is no host: write one like api.example.org or *.example.org');

const rule = z
  .strictObject({
    effect: z.enum(Object.values(PolicyEffect)),
    tool: pattern.optional(),
    command: pattern.regex(words, 'has a quote that is not closed').optional(),
    path: pattern.optional(),
    host: host.optional(),
    danger: z.enum(Object.keys(dangers) as [DangerId, ...DangerId[]]).optional(),
    reason: z.string().trim().min(1).max(500).optional(),
  })
  .refine(({ command, path, host: of }) => [command, path, of].filter((one) => one !== undefined).length <= 1, {
    message: 'names more than one of command, path and host, which no operation has together',
  });

/**
 * The policy of an agent as people write it. What is left out is as in `defaultPolicy`.
 * JSON knows no undefined members, so what the schema says of them is left out of the type.
 */
export const policySchema = z.strictObject({
  mode: z.enum(Object.values(PolicyMode)).default(PolicyMode.full),
  rules: z.array(rule).max(200).default([]),
  hosts: z.array(host).max(200).default([]),
  requires: z.enum(Object.values(ContainmentLevel)).optional(),
}) as unknown as z.ZodType<AgentPolicy>;
