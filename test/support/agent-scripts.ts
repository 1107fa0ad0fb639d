import type { AgentPreset } from '@fermata/contracts';
import type { Conversation, ScriptedReply } from '@fermata/scripted-model';
import { type Deed, deedsDone, isOnTheSide, replyFor } from '../../scripts/demo/agent-deeds.mjs';

export { type Deed, deedsDone, isOnTheSide, replyFor } from '../../scripts/demo/agent-deeds.mjs';

/** What the model answers, turn after turn; when all is done, nothing more is called. */
export function script(preset: AgentPreset, deeds: readonly Deed[], worktree: () => string) {
  return (conversation: Conversation): ScriptedReply =>
    isOnTheSide(conversation) ? { text: 'A title' } : replyFor(preset, deeds[deedsDone(conversation)], worktree());
}
