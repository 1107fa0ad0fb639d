import type { InnerRun } from '../unwrapping/inner-run.js';
import { holdsAnything } from './marks.js';
import { parseScript } from './parse-script.js';
import type { ShellCommand } from './shell-command.js';
import { childScope, type Flow, forkScope, type Ran, type ShellScope, textValue } from './shell-scope.js';

const maxDepth = 12;
const nothing: Ran = { commands: [], output: null, leaves: false };

/** Reads what a command was found to run. */
export function runInner(run: InnerRun, outer: ShellCommand, { scope, flow }: { scope: ShellScope; flow: Flow }): Ran {
  const inner = flowInside(run, outer, flow);
  if (run.kind === 'problem') return troubled(run.reason, scope, inner);
  if (inner.depth > maxDepth) return troubled('commands are wrapped in commands too deeply', scope, inner);
  const shell = shellFor(run, outer, scope);
  if (run.cwd !== undefined) shell.cwd = run.cwd;
  if (run.kind === 'script') return runScript(run, shell, inner);
  return scope.reading.runCommand({ words: run.words, assignments: run.assignments ?? [] }, shell, inner);
}

/** Other programs know nothing of a shell's functions, and of its variables only what was exported. */
function shellFor(run: InnerRun, { assignments }: ShellCommand, scope: ShellScope): ShellScope {
  if (run.kind !== 'script') return { ...forkScope(scope), functions: new Map() };
  if (run.shell === 'same') return scope;
  return run.shell === 'later' ? forkScope(scope) : childScope(scope, assignments);
}

function flowInside(run: InnerRun, outer: ShellCommand, flow: Flow): Flow {
  return {
    ...flow,
    from: [...flow.from, run.label],
    guessed: flow.guessed || run.guessed === true,
    // What was fed to the outer command is what the inner one reads, unless it was the code itself.
    input: readsItAll(outer) ? { kind: 'none' } : outer.input,
    upstream: readsItAll(outer) ? [] : outer.upstream,
    // xargs and parallel make words of what they read.
    suppliers: isLister(outer) ? [...outer.suppliers, ...outer.upstream] : outer.suppliers,
    depth: flow.depth + 1,
  };
}

/** Nothing is left of its input for what it runs. */
const readsItAll = (outer: ShellCommand): boolean => outer.code?.origin === 'input' || isLister(outer);

const isLister = ({ program }: ShellCommand): boolean => program === 'xargs' || program === 'parallel';

function runScript(run: Extract<InnerRun, { kind: 'script' }>, shell: ShellScope, flow: Flow): Ran {
  const { budget } = shell.reading;
  budget.characters -= run.text.length;
  if (budget.characters < 0)
    return troubled('the command line holds too much to follow', shell, { ...flow, guessed: false });
  const parsed = parseScript(run.text);
  if (!parsed.ok) return troubled(`what ${run.label} runs cannot be parsed: ${parsed.problem}`, shell, flow);
  if (holdsAnything(run.text) && run.mayBeUnknown !== true) {
    troubled(`what ${run.label} runs is put together only when it runs`, shell, flow);
  }
  if (run.name !== undefined) shell.variables.set('0', textValue(run.name));
  if (run.arguments !== undefined)
    shell.positional = { words: run.arguments, isArray: true, suppliers: flow.suppliers };
  return shell.reading.run(parsed.script, shell, flow);
}

/** What was only guessed to be a command need not be one. */
function troubled(reason: string, scope: ShellScope, { from, guessed }: Flow): Ran {
  if (!guessed) scope.reading.problems.push({ reason, from });
  return nothing;
}
