import { readFile } from 'node:fs/promises';
import { DomainError } from '@fermata/contracts';
import type { RuleScript } from './script.js';
import { ruleScriptSchema } from './script.schema.js';

/**
 * Reads a script from a JSON file.
 * @throws DomainError `not_found` when there is no such file, `invalid_input` naming every fault and where it is
 */
export async function loadScript(path: string): Promise<RuleScript> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new DomainError(
      'not_found',
      `The script ${path} cannot be read. Give the path of a JSON file.`,
      {},
      { cause },
    );
  });
  return parseScript(parseJson(text, path), path);
}

/**
 * Checks a script that is already in memory. `from` names it in errors.
 * @throws DomainError `invalid_input` naming every fault and where it is
 */
export function parseScript(value: unknown, from: string): RuleScript {
  const parsed = ruleScriptSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => `${placeOf(issue.path, value)}: ${issue.message}`);
  throw new DomainError('invalid_input', `The script ${from} is not valid: ${faults.join('; ')}`);
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : '';
    throw new DomainError('invalid_input', `The script ${path} is no JSON: ${why}`, {}, { cause });
  }
}

/** `rules[2] "write the tests" .match.model`: a number alone would have to be counted out by hand. */
function placeOf(path: readonly PropertyKey[], script: unknown): string {
  const [first, index, ...rest] = path;
  if (first !== 'rules' || typeof index !== 'number') return path.map(String).join('.') || 'script';
  const name = nameOfRule(script, index);
  const inside = rest.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
  return `rules[${index}]${name ? ` "${name}"` : ''}${inside ? ` ${inside}` : ''}`;
}

function nameOfRule(script: unknown, index: number): string | undefined {
  const rules = (script as { rules?: { name?: unknown }[] } | null)?.rules;
  const name = rules?.[index]?.name;
  return typeof name === 'string' ? name : undefined;
}
