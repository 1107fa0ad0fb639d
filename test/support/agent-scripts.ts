import type { AgentPreset, Json } from '@fermata/contracts';
import type { Conversation, ScriptedReply, ScriptedToolCall } from '@fermata/scripted-model';

/** What a test has an agent do, in whichever words its program has for it. */
export type Deed =
  | { run: string }
  | { write: string; content: string }
  | { finish: string }
  | { result: Json }
  | { ask: string }
  | { say: string };

type Call = ScriptedToolCall;

/** How each program's own tools are called by its model. */
const tools: Readonly<Record<AgentPreset, (deed: Deed, worktree: string) => Call | null>> = {
  'claude-code': (deed, worktree) => {
    if ('run' in deed) return { name: 'Bash', input: { command: deed.run, description: 'Run it' } };
    if ('write' in deed)
      return { name: 'Write', input: { file_path: `${worktree}/${deed.write}`, content: deed.content } };
    return ours(deed, 'mcp__fermata__');
  },
  codex: (deed) => {
    if ('run' in deed) return { name: 'exec_command', input: { cmd: deed.run } };
    if ('write' in deed)
      return { name: 'exec_command', input: { cmd: `printf '%s' '${deed.content}' > ${deed.write}` } };
    return ours(deed, 'mcp__fermata.');
  },
  'gemini-cli': (deed, worktree) => {
    if ('run' in deed) return { name: 'run_shell_command', input: { command: deed.run, description: 'Run it' } };
    if ('write' in deed)
      return { name: 'write_file', input: { file_path: `${worktree}/${deed.write}`, content: deed.content } };
    return ours(deed, 'mcp_fermata_');
  },
  opencode: (deed, worktree) => {
    if ('run' in deed) return { name: 'bash', input: { command: deed.run, description: 'Run it' } };
    if ('write' in deed)
      return { name: 'write', input: { filePath: `${worktree}/${deed.write}`, content: deed.content } };
    return ours(deed, 'fermata_');
  },
};

function ours(deed: Deed, prefix: string): Call | null {
  if ('finish' in deed) return { name: `${prefix}finish`, input: { summary: deed.finish } };
  if ('result' in deed) return { name: `${prefix}finish`, input: deed.result };
  return 'ask' in deed ? { name: `${prefix}ask_human`, input: { question: deed.ask } as Json } : null;
}

/** What the model answers to have the agent do that. */
export function replyFor(preset: AgentPreset, deed: Deed | undefined, worktree = '.'): ScriptedReply {
  if (deed === undefined) return { text: 'That was all.' };
  const call = tools[preset](deed, worktree);
  return call === null ? { text: 'say' in deed ? deed.say : '' } : { toolCalls: [call] };
}

/** How much it has done so far: agents that go on after a crash may have turns of their own in between. */
export const deedsDone = ({ messages }: Conversation): number =>
  messages.flatMap(({ blocks }) => blocks.filter(({ type }) => type === 'tool_call')).length;

/** A call without tools is one on the side, such as for a title. */
export const isOnTheSide = ({ tools: offered }: Conversation): boolean => offered.length === 0;

/** What the model answers, turn after turn; when all is done, nothing more is called. */
export function script(preset: AgentPreset, deeds: readonly Deed[], worktree: () => string) {
  return (conversation: Conversation): ScriptedReply =>
    isOnTheSide(conversation) ? { text: 'A title' } : replyFor(preset, deeds[deedsDone(conversation)], worktree());
}
