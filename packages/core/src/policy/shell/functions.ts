import { anyWords } from './marks.js';
import type { ShellCommand } from './shell-command.js';
import { type Flow, forkScope, type Ran, type Reading, type ShellFunction, type ShellScope } from './shell-scope.js';

/** Notes a function. Its body is read where it is called, or at the end when nothing in the line calls it. */
export function defineFunction(definition: ShellFunction, scope: ShellScope): void {
  scope.functions.set(definition.name, definition);
  scope.reading.uncalled.set(definition.body, { definition, scope: forkScope(scope) });
}

/** Reads the body of a function as this call runs it. */
export function callFunction(
  { definition, command }: { definition: ShellFunction; command: ShellCommand },
  scope: ShellScope,
  flow: Flow,
): Ran {
  const { name, body } = definition;
  if (flow.calls.includes(body)) {
    if (flow.concurrent) scope.reading.forkBombs.push(name);
    return { commands: [], output: null, leaves: false };
  }
  // One that is exported may be called by programs, with other arguments.
  if (!scope.exported.has(name)) scope.reading.uncalled.delete(body);
  const { positional } = scope;
  scope.positional = { words: command.args, isArray: true, suppliers: command.suppliers };
  const ran = scope.reading.runBody(body, scope, { ...flow, from: [...flow.from, name], calls: [...flow.calls, body] });
  scope.positional = positional;
  return { ...ran, leaves: false };
}

/** Reads what nothing called, with arguments that are not known. */
export function readUncalled(reading: Reading): void {
  for (const { definition, scope } of reading.uncalled.values()) {
    const inner = forkScope(scope);
    inner.positional = { words: [anyWords], isArray: true, suppliers: [] };
    reading.runBody(definition.body, inner, {
      ...definition.flow,
      from: [...definition.flow.from, definition.name],
      calls: [...definition.flow.calls, definition.body],
    });
  }
}
