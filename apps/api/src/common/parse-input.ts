import { DomainError } from '@fermata/contracts';
import { z } from 'zod';

/** The key by which an order that makes something is remembered. */
export const clientRequestIdSchema = z.string().trim().min(1).max(200);

/**
 * What a caller gave, checked and trimmed.
 * @throws DomainError `invalid_input` (or `code`), naming every field that is wrong
 */
export function parseInput<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
  code: 'invalid_input' | 'plan_invalid' = 'invalid_input',
): z.infer<Schema> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'input'}: ${message}`);
  throw new DomainError(code, problems.join('; '), { problems });
}
