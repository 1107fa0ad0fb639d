import { type Operation, type PolicyDecision, PolicyEffect, type PolicyRule } from '@fermata/contracts';

/** How a judged command shows what is known only when it runs. */
const unknown = /[…*]|\(temporary\)/;

/**
 * The rule that would have allowed exactly this: what a yes "for always" adds. Null where no rule can say just that: several
 * commands or dangers at once, or words that are known only when it runs.
 */
export function lastingRule(operation: Operation, { commands, dangers }: PolicyDecision): PolicyRule | null {
  const [danger, ...more] = dangers;
  if (more.length > 0) return null;
  const scope = scopeOf(operation, commands);
  if (scope === null) return null;
  return { effect: PolicyEffect.allow, tool: operation.tool, ...scope, ...(danger !== undefined && { danger }) };
}

function scopeOf(operation: Operation, commands: PolicyDecision['commands']): Partial<PolicyRule> | null {
  switch (operation.kind) {
    case 'command':
      return commandScope(commands);
    case 'read':
    case 'write':
      return /[*?[\]{}]/.test(operation.path) ? null : { path: operation.path };
    case 'fetch':
      return { host: operation.host };
    case 'call':
      return {};
  }
}

function commandScope([only, ...others]: PolicyDecision['commands']): Partial<PolicyRule> | null {
  if (!only || others.length > 0 || only.from.length > 0) return null;
  return only.argv.some((word) => unknown.test(word)) ? null : { command: only.argv.map(quoted).join(' ') };
}

/** As the pattern language reads it: a star in quotes is a star of the command. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
