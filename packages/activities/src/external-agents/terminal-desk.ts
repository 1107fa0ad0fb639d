import { DomainError } from '@fermata/contracts';
import { lastWords } from '@fermata/contracts/redaction';
import {
  type AgentTerminals,
  type ReportedCall,
  terminalCommand,
  Terminals,
  type TerminalView,
} from '@fermata/core/external-agents';
import type { Place } from '@fermata/core/sandbox';
import type { PermissionDesk } from './permission-desk.js';
import type { Segment } from './segment.js';
import type { StepReporter } from './step-reporter.js';

/** What an agent can read again of what a command has printed. For the step, the worker's own limit holds. */
const keptBytes = 1024 * 1024;

interface TerminalDeskOptions {
  desk: PermissionDesk;
  reporter: StepReporter;
  /** Where the agent itself runs, with its home. */
  place: Place;
  /** Aborted: every command is ended. */
  signal: AbortSignal;
}

/**
 * Runs the commands of an agent that has them run by us: when its policy allows it, where the agent itself runs, each as a
 * step. `close` ends what is left.
 */
export function openTerminalDesk(
  { worktree, deps }: Segment,
  { desk, reporter, place, signal }: TerminalDeskOptions,
): AgentTerminals & { close(): Promise<void> } {
  const terminals = new Terminals(signal);
  const { toolOutputBytes } = deps.limits;
  return {
    create: (request) =>
      terminals.create(async (id) => {
        const { line, program } = terminalCommand(request, worktree);
        const call: ReportedCall = { toolCallId: id, kind: 'execute', title: line, rawInput: { command: line } };
        const refusal = await desk.refusalOfTerminal(call);
        if (refusal !== null) throw new DomainError('tool_failed', refusal);
        reporter.begin(call);
        return {
          // Where it runs, and by what it is known to be ours, the agent has no say in.
          program: { ...place, ...program, env: { ...program.env, ...place.env } },
          keepBytes: Math.min(request.outputByteLimit ?? keptBytes, keptBytes),
          onEnd: (end) => reporter.hear({ sessionUpdate: 'tool_call_update', ...call, ...endOf(end, toolOutputBytes) }),
        };
      }),
    view: (id) => terminals.view(id),
    exitOf: (id) => terminals.exitOf(id),
    kill: (id) => terminals.kill(id),
    release: (id) => terminals.release(id),
    close: () => terminals.close(),
  };
}

function endOf({ output, exit }: TerminalView, capBytes: number): Pick<ReportedCall, 'status' | 'content'> {
  const how = exit?.exitCode === 0 ? '' : `\n[exit code ${exit?.exitCode ?? exit?.signal ?? 'unknown'}]`;
  const text = lastWords(output, capBytes - how.length) + how;
  return {
    status: exit?.exitCode === 0 ? 'completed' : 'failed',
    content: [{ type: 'content', content: { type: 'text', text } }],
  };
}
