import { z } from 'zod';

export const workResultSchema = z.object({ summary: z.string().trim().min(1).max(20_000) });

/** `data` is checked against the schema of whoever asked for it. */
export const subtaskResultSchema = z.object({
  summary: z.string().trim().min(1).max(10_000),
  data: z.unknown().optional(),
});

export const reviewResultSchema = z.object({
  verdict: z.enum(['approve', 'request_changes']),
  summary: z.string().trim().min(1).max(20_000),
  findings: z
    .array(
      z.object({
        file: z.string().min(1).max(400),
        line: z.number().int().positive().nullable().default(null),
        severity: z.enum(['blocker', 'major', 'minor']),
        message: z.string().trim().min(1).max(5_000),
      }),
    )
    .max(100)
    .default([]),
});
