import {
  type AndOr,
  type ArithmeticCommand,
  type Case,
  type CommandNode,
  type CompoundList,
  type For,
  forEachChild,
  type If,
  type Pipeline,
  type PipelineNode,
  type Redirected,
  type Script,
  type Statement,
  type SyntaxNode,
  type TestCommand,
} from 'unbash';
import { expandToText, expandWord, readNested } from './expand-word.js';
import { defineFunction } from './functions.js';
import { outputTarget } from './known-output.js';
import { anyText } from './marks.js';
import { resolvePath } from './paths.js';
import { isExhausted, nothingMore } from './reading-budget.js';
import { readRedirects } from './read-redirects.js';
import { readSimple, runCommand, warnOfHiddenCode } from './read-simple.js';
import { assignedNames } from './assigned-names.js';
import type { ShellCommand } from './shell-command.js';
import { type Flow, forkScope, mergeScope, type Ran, type ShellScope, textValue, unknownValue } from './shell-scope.js';

const maxRounds = 24;
const nothing: Ran = { commands: [], output: '', leaves: false };

/** Reads a script: everything it may run is found, whether or not its conditions hold. */
export function readScript(script: Script, scope: ShellScope, flow: Flow): Ran {
  return readList(script.commands, scope, flow);
}

function readList(statements: readonly Statement[], scope: ShellScope, flow: Flow): Ran {
  return inSequence(statements.map((statement) => () => readStatement(statement, scope, flow)));
}

function inSequence(steps: readonly (() => Ran)[]): Ran {
  return steps.reduce<Ran>((before, step) => {
    const { commands, output, leaves } = step();
    return {
      commands: [...before.commands, ...commands],
      output: joinedOutput(before.output, output),
      leaves: before.leaves || leaves,
    };
  }, nothing);
}

const maxOutput = 50_000;

function joinedOutput(before: string | null, after: string | null): string | null {
  if (before === null || after === null) return null;
  return before.length + after.length > maxOutput ? null : before + after;
}

function readStatement({ command, background }: Statement, scope: ShellScope, flow: Flow): Ran {
  if (isExhausted(scope, flow)) return nothingMore;
  if (background !== true) return readNode(command, scope, flow);
  return { ...readNode(command, forkScope(scope), { ...flow, concurrent: true }), leaves: false };
}

function readNode(node: PipelineNode | AndOr, scope: ShellScope, flow: Flow): Ran {
  if (node.type === 'AndOr') return readAndOr(node, scope, flow);
  return node.type === 'Pipeline' ? readPipeline(node, scope, flow) : readCommandNode(node, scope, flow);
}

function readAndOr({ commands, operators }: AndOr, scope: ShellScope, flow: Flow): Ran {
  const steps = commands.map((node, index) => () => {
    if (operators[index - 1] !== '||') return readNode(node, scope, flow);
    return { ...readBranch((branch) => readNode(node, branch, flow), scope), output: null };
  });
  return { ...inSequence(steps), leaves: false };
}

/** Something that may or may not happen. */
function readBranch(read: (branch: ShellScope) => Ran, scope: ShellScope): Ran {
  const branch = forkScope(scope);
  const ran = read(branch);
  if (!ran.leaves) mergeScope(scope, branch);
  return { ...ran, leaves: false };
}

function readPipeline({ commands }: Pipeline, scope: ShellScope, flow: Flow): Ran {
  const [only, ...more] = commands;
  if (only !== undefined && more.length === 0) return readCommandNode(only, scope, flow);
  let before: Ran | null = null;
  const all: ShellCommand[] = [];
  for (const node of commands) {
    const inner: Flow = { ...flow, concurrent: true, ...(before !== null && pipedFrom(before, flow)) };
    const ran: Ran = readCommandNode(node, forkScope(scope), inner);
    all.push(...ran.commands);
    before = { ...ran, commands: before === null ? ran.commands : [...before.commands, ...ran.commands] };
  }
  return { commands: all, output: before?.output ?? null, leaves: false };
}

function pipedFrom({ commands, output }: Ran, flow: Flow): Partial<Flow> {
  return {
    input: output === null ? { kind: 'pipe' } : { kind: 'text', text: output },
    upstream: [...flow.upstream, ...commands],
  };
}

type Reader<Node> = (node: Node, scope: ShellScope, flow: Flow) => Ran;
type Readers = { [Type in CommandNode['type']]: Reader<Extract<CommandNode, { type: Type }>> };

const readers: Readers = {
  Command: readSimple,
  Redirected: readRedirected,
  If: readIf,
  For: readFor,
  ArithmeticFor: ({ initialize, test, update, body }, scope, flow) => {
    readNestedIn([initialize, test, update], scope, flow);
    return readLoop({ body }, scope, flow);
  },
  Select: ({ name, wordlist, body }, scope, flow) => {
    scope.variables.set(name.value, unknownValue);
    readNestedIn(wordlist ?? [], scope, flow);
    return readLoop({ body }, scope, flow);
  },
  While: readLoop,
  Subshell: ({ body }, scope, flow) => ({ ...readList(body.commands, forkScope(scope), flow), leaves: false }),
  BraceGroup: ({ body }, scope, flow) => readList(body.commands, scope, flow),
  Case: readCase,
  TestCommand: (node, scope, flow) => readExpression(node, scope, flow),
  ArithmeticCommand: (node, scope, flow) => readExpression(node, scope, flow),
  Function: ({ name, body }, scope, flow) => {
    defineFunction({ name: name.value, body, flow }, scope);
    return nothing;
  },
  Coproc: ({ body }, scope, flow) => ({
    ...readBody(body, forkScope(scope), { ...flow, concurrent: true }),
    leaves: false,
  }),
};

function readCommandNode(node: CommandNode, scope: ShellScope, flow: Flow): Ran {
  return (readers[node.type] as Reader<CommandNode>)(node, scope, flow);
}

export function readBody(body: CommandNode | CompoundList, scope: ShellScope, flow: Flow): Ran {
  return body.type === 'CompoundList' ? readList(body.commands, scope, flow) : readCommandNode(body, scope, flow);
}

function readRedirected({ command, redirects }: Redirected, scope: ShellScope, flow: Flow): Ran {
  const read = readRedirects(redirects, scope, flow);
  // The redirections stand as a command of their own that only redirects: they are judged like those of any other.
  const own = runCommand({ words: [], redirects: read.redirects }, scope, { ...flow, suppliers: read.suppliers });
  const inner: Flow = { ...flow, ...(read.input !== null && { input: read.input, upstream: read.suppliers }) };
  const ran = readCommandNode(command, scope, inner);
  const target = outputTarget(read);
  if (target === undefined) return { ...ran, commands: [...own.commands, ...ran.commands] };
  scope.reading.files.set(resolvePath(scope.cwd, target.target), { text: ran.output, sources: ran.commands });
  return { commands: [...own.commands, ...ran.commands], output: '', leaves: ran.leaves };
}

function readIf({ clause, then, elif, else: otherwise }: If, scope: ShellScope, flow: Flow): Ran {
  const first = readList(clause.commands, scope, flow);
  const lists = [
    then,
    ...elif.flatMap((part) => [part.clause, part.then]),
    ...(otherwise === undefined ? [] : [otherwise]),
  ];
  return together([first, ...readBranches(lists, scope, flow)]);
}

/** Each of them starts from here; after them, only what all agree on is known. */
function readBranches(lists: readonly CompoundList[], scope: ShellScope, flow: Flow): Ran[] {
  const branches = lists.map((list) => {
    const branch = forkScope(scope);
    return { branch, ran: readList(list.commands, branch, flow) };
  });
  for (const { branch, ran } of branches) if (!ran.leaves) mergeScope(scope, branch);
  return branches.map(({ ran }) => ran);
}

function together(ran: readonly Ran[]): Ran {
  const output = ran.every((one) => one.output === '') ? '' : null;
  return { commands: ran.flatMap(({ commands }) => commands), output, leaves: false };
}

function readCase({ word, items }: Case, scope: ShellScope, flow: Flow): Ran {
  expandToText(word, scope, flow);
  for (const { pattern } of items) readNestedIn(pattern, scope, flow);
  return together(
    readBranches(
      items.map(({ body }) => body),
      scope,
      flow,
    ),
  );
}

function readNestedIn(nodes: readonly (SyntaxNode | undefined)[], scope: ShellScope, flow: Flow): void {
  for (const node of nodes) if (node !== undefined) readNested(node, scope, flow);
}

/** A loop over words that are known is read once for each of them. */
function readFor({ name, wordlist, body }: For, scope: ShellScope, flow: Flow): Ran {
  const listed = (wordlist ?? []).map((word) => expandWord(word, scope, flow));
  const values = wordlist === undefined ? (scope.positional?.words ?? [anyText]) : listed.flatMap(({ words }) => words);
  const suppliers = listed.flatMap((expanded) => expanded.suppliers);
  forgetAssigned(body, scope);
  const rounds = values.length <= maxRounds ? values : [anyText];
  const ran = rounds.map((value) => {
    scope.variables.set(name.value, textValue(value, suppliers));
    return readList(body.commands, scope, flow);
  });
  return together(ran);
}

/** A later round sees what an earlier one did: of what is assigned nothing is known, and nobody knows where `cd` led. */
function readLoop({ clause, body }: { clause?: CompoundList; body: CompoundList }, scope: ShellScope, flow: Flow): Ran {
  for (const list of [clause, body]) if (list !== undefined) forgetAssigned(list, scope);
  const { cwd } = scope;
  const tested = clause === undefined ? [] : [readList(clause.commands, scope, flow)];
  const rounds = [...tested, readBranch((branch) => readList(body.commands, branch, flow), scope)];
  if (scope.cwd === cwd) return together(rounds);
  return together([...rounds, readList(body.commands, forkScope(scope), flow)]);
}

function forgetAssigned(list: CompoundList, scope: ShellScope): void {
  const names = assignedNames(list);
  if (names.has('@')) scope.positional = null;
  for (const name of names) {
    scope.variables.set(name, { ...unknownValue, suppliers: scope.variables.get(name)?.suppliers ?? [] });
  }
}

const takesNumbers = /^-(eq|ne|lt|le|gt|ge|v)$/;

function numberOperands(node: SyntaxNode): string[] {
  if (node.type === 'TestBinary') return takesNumbers.test(node.operator) ? [node.left.value, node.right.value] : [];
  if (node.type === 'TestUnary') return takesNumbers.test(node.operator) ? [node.operand.value] : [];
  const found: string[] = [];
  forEachChild(node, (child) => void found.push(...numberOperands(child)));
  return found;
}

/** `[[ … ]]` and `(( … ))` run nothing but the substitutions in them. */
function readExpression(node: TestCommand | ArithmeticCommand, scope: ShellScope, flow: Flow): Ran {
  if (node.type === 'TestCommand')
    for (const text of numberOperands(node.expression)) warnOfHiddenCode(text, scope, flow);
  const commands = readNested(node, scope, flow);
  return { commands, output: '', leaves: false };
}
