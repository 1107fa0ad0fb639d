import { type CommandPattern, type DangerId, PolicyEffect, type PolicyRule } from '@fermata/contracts';
import { namedPaths } from '../dangers/named-paths.js';
import { networkUse } from '../shell/network-use.js';
import { readGit } from '../shell/git-arguments.js';
import type { ShellCommand } from '../shell/shell-command.js';
import { possiblyMatches, surelyMatches } from './command-pattern.js';
import { matchesHost } from './host-pattern.js';
import { matchesPath } from './path-pattern.js';
import { fitsWildcard } from './wildcards.js';

/** A rule with its pattern read. */
export interface ReadRule {
  rule: PolicyRule;
  /** Counted from 1, as people count. */
  number: number;
  pattern: CommandPattern | null;
}

/** What a rule is held against. */
export interface Subject {
  tool: string;
  worktree: string;
  dangers: readonly DangerId[];
  command?: ShellCommand;
  /** Resolved. */
  path?: string;
  host?: string;
}

/** True when all that the rule names is true of the subject. */
export function matchesRule({ rule, pattern }: ReadRule, subject: Subject): boolean {
  if (rule.tool !== undefined && !fitsWildcard(subject.tool, rule.tool)) return false;
  if (rule.danger !== undefined && !subject.dangers.includes(rule.danger)) return false;
  if (subject.command !== undefined) return matchesCommand({ rule, pattern }, subject.command, subject.worktree);
  return pattern === null && matchesPlace(rule, subject);
}

function matchesPlace({ path, host }: PolicyRule, subject: Subject): boolean {
  if (path !== undefined && !(subject.path !== undefined && matchesPath(path, subject.path, subject.worktree)))
    return false;
  return host === undefined || (subject.host !== undefined && matchesHost(host, subject.host));
}

type RuleParts = Pick<ReadRule, 'rule' | 'pattern'>;

function matchesCommand({ rule, pattern }: RuleParts, command: ShellCommand, worktree: string): boolean {
  return rule.effect === PolicyEffect.allow
    ? surelyAllows({ rule, pattern }, command, worktree)
    : possiblyForbids({ rule, pattern }, command, worktree);
}

/** Variables that change which program runs, or what it does, whatever its words say. */
const reroutingVariables =
  /^(PATH|HOME|SHELL|ENV|BASH_\w+|BASHOPTS|SHELLOPTS|IFS|PS4|LD_\w+|DYLD_\w+|NODE_\w+|PYTHON\w*|PERL\w*|RUBY\w*|JAVA_TOOL_OPTIONS|CLASSPATH|GIT_\w+|npm_\w+|EDITOR|VISUAL|PAGER|\w+_proxy|CDPATH|GLOBIGNORE)$/i;

/** A rule allows a command only for what is certain, and a path or a host alone says nothing about what is done with it. */
function surelyAllows({ rule, pattern }: RuleParts, command: ShellCommand, worktree: string): boolean {
  if (pattern === null) return rule.path === undefined && rule.host === undefined;
  if (command.assignments.some(({ name }) => reroutingVariables.test(name))) return false;
  const { path, host } = rule;
  return (
    surelyMatches(pattern, plainly(command) ?? command) &&
    (path === undefined || everyOperand(command, (found) => matchesPath(path, found, worktree))) &&
    (host === undefined || everyHost(command, host))
  );
}

function everyHost(command: ShellCommand, pattern: string): boolean {
  const hosts = networkUse(command)?.hosts ?? [];
  return hosts.length > 0 && hosts.every((host) => host !== null && matchesHost(pattern, host));
}

function everyOperand(command: ShellCommand, fits: (path: string) => boolean): boolean {
  const operands = command.args.filter((word) => !word.startsWith('-'));
  const paths = operands.flatMap((word) => namedPaths({ ...command, program: '', words: [word], redirects: [] }));
  return paths.length > 0 && paths.length >= operands.length && paths.every(fits);
}

function possiblyForbids({ rule, pattern }: RuleParts, command: ShellCommand, worktree: string): boolean {
  if (pattern !== null && ![command, gitPlain(command)].some((one) => one !== null && possiblyMatches(pattern, one)))
    return false;
  const { path, host } = rule;
  if (path !== undefined && !namedPaths(command).some((found) => matchesPath(path, found, worktree))) return false;
  return (
    host === undefined ||
    (networkUse(command)?.hosts.some((found) => found === null || matchesHost(host, found)) ?? false)
  );
}

/** `git -C sub push` as `git push`: its words without the options before its command. */
function gitPlain(command: ShellCommand): ShellCommand | null {
  if (command.program !== 'git') return null;
  const { verb, args } = readGit(command);
  const [name = 'git'] = command.words;
  const rest = verb === null ? [] : [verb, ...args];
  return { ...command, words: [name, ...rest], args: rest };
}

/** The same, where the options left out only say where it works or how it prints. */
function plainly(command: ShellCommand): ShellCommand | null {
  return command.program === 'git' && readGit(command).isPlain ? gitPlain(command) : null;
}
