import {
  type JudgedCommand,
  type OperationPlace,
  type PolicyDecision,
  PolicyEffect,
  PolicyMode,
} from '@fermata/contracts';
import { type DangerFinding, finding } from './dangers/danger-check.js';
import { findDangers } from './dangers/find-dangers.js';
import { judgePath } from './judge-path.js';
import { judgeSubject, strictest, type Verdict } from './judge-subject.js';
import type { ReadPolicy } from './read-policy.js';
import { isReadOnly } from './rules/read-only-commands.js';
import { showMarked } from './shell/marks.js';
import { resolvePath } from './shell/paths.js';
import { readCommandLine } from './shell/read-command-line.js';
import type { ShellCommand, ShellRedirect } from './shell/shell-command.js';
import { isWrite } from './shell/write-targets.js';

export interface CommandLine {
  tool: string;
  commandLine: string;
  cwd?: string;
}

const nothing: Verdict = {
  effect: PolicyEffect.allow,
  rule: 'nothing to run',
  reason: 'The command line runs nothing.',
  dangers: [],
};

/** Judges everything a command line may run; the strictest verdict counts. */
export function judgeCommandLine(read: ReadPolicy, line: CommandLine, place: OperationPlace): PolicyDecision {
  const { commands, problems, forkBombs } = readCommandLine(line.commandLine, line.cwd ?? place.worktree, place);
  const judged = commands.map((command) => ({ command, verdict: judgeCommand(command, { read, line, place }) }));
  const others = [
    ...problems.map(({ reason }) => finding('unparsed', reason)),
    ...forkBombs.map((name) => finding('fork-bomb', name)),
  ].map((found) => judgeLine(found, { read, line, place }));
  const verdicts = [...judged.map(({ verdict }) => verdict), ...others];
  const { effect, rule, reason } = strictest([...verdicts, nothing]);
  return {
    effect,
    rule,
    reason,
    dangers: [...new Set(verdicts.flatMap((verdict) => verdict.dangers))],
    commands: judged
      .filter(({ command }) => command.words.length > 0)
      .map(({ command, verdict }) => describe(command, verdict)),
  };
}

interface Context {
  read: ReadPolicy;
  line: CommandLine;
  place: OperationPlace;
}

function judgeCommand(command: ShellCommand, { read, line, place }: Context): Verdict {
  const shown =
    command.words.length === 0 ? 'An assignment or redirection' : quote(command.words.map(showMarked).join(' '));
  const found = findDangers(command, { place, hosts: read.policy.hosts });
  const subject = { tool: line.tool, worktree: place.worktree, command };
  if (command.guessed) return judgeGuess(found, { read, subject, shown });
  const verdict = judgeSubject({
    read,
    subject,
    found,
    shown,
    byMode: () => modeVerdict(command, { read, place, shown }),
    onlyForbids: command.transparent,
  });
  const writes = command.redirects.filter(isFileWrite).map(({ target }) => {
    const path = resolvePath(command.cwd, target);
    return judgePath({ kind: 'write', tool: line.tool, path }, { read, place, found: [] });
  });
  const written = strictest([verdict, ...writes]);
  return { ...written, dangers: verdict.dangers };
}

function isFileWrite(redirect: ShellRedirect): boolean {
  return isWrite(redirect) && !/^\/dev\/(null|stdout|stderr|tty|tcp|udp|fd)(\/|$)/.test(redirect.target);
}

/** What may be no command at all is judged only by what it would do. */
function judgeGuess(
  found: readonly DangerFinding[],
  {
    read,
    subject,
    shown,
  }: { read: ReadPolicy; subject: { tool: string; worktree: string; command: ShellCommand }; shown: string },
): Verdict {
  const allowed: Verdict = {
    effect: PolicyEffect.allow,
    rule: 'a text',
    reason: `${shown} may be a mere text.`,
    dangers: [],
  };
  return judgeSubject({ read, subject, found, shown, byMode: () => allowed, onlyForbids: true });
}

function judgeLine(found: readonly DangerFinding[], { read, line, place }: Context): Verdict {
  return judgeSubject({
    read,
    subject: { tool: line.tool, worktree: place.worktree },
    found,
    shown: 'The command line',
    byMode: () => nothing,
  });
}

const modeReasons = {
  [PolicyMode.plan]: (shown: string) => `${shown} may change something, and this agent only looks.`,
  [PolicyMode.acceptEdits]: (shown: string) => `No rule of the agent's policy speaks of ${shown}.`,
  [PolicyMode.full]: (shown: string) => `This agent may do everything that is not denied, and so ${shown}.`,
} as const;

function modeVerdict(
  command: ShellCommand,
  { read, place, shown }: { read: ReadPolicy; place: OperationPlace; shown: string },
): Verdict {
  const { mode } = read.policy;
  const rule = `mode: ${mode}`;
  const isHarmless = mode === PolicyMode.full || command.transparent || isReadOnly(command, place.worktree);
  if (isHarmless) {
    const reason = mode === PolicyMode.full ? modeReasons.full(shown) : `${shown} changes nothing by itself.`;
    return { effect: PolicyEffect.allow, rule, reason, dangers: [] };
  }
  return {
    effect: mode === PolicyMode.plan ? PolicyEffect.deny : PolicyEffect.ask,
    rule,
    reason: modeReasons[mode](shown),
    dangers: [],
  };
}

const maxShown = 200;

function quote(text: string): string {
  return `\`${text.length > maxShown ? `${text.slice(0, maxShown)}…` : text}\``;
}

function describe({ words, from }: ShellCommand, { effect, rule }: Verdict): JudgedCommand {
  return { argv: words.map(showMarked), from: [...from], effect, rule };
}
