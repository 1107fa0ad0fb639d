import type { ScriptedReply } from '../answers/answer.js';
import type { Conversation } from '../conversations/conversation.js';
import { explainMiss, type RuleMiss } from './explain-miss.js';
import { matchConversation } from './match-rule.js';
import { fillPlaceholders } from './placeholders.js';
import { replyMembers } from './script.schema.js';
import type { Rule, RuleScript, Script, ScriptFunction } from './script.js';

/** `rule` is null for a script function. `unexpected`: nothing fits, and why. */
type Played = { rule: string | null; reply: ScriptedReply } | { unexpected: string };

/** A script and the memory of how often its rules fitted. */
export interface ScriptPlayer {
  /** The reply of the first rule that fits. */
  play(conversation: Conversation): Promise<Played>;
  /** Names of the rules that have not fitted yet. */
  unusedRules(): string[];
  /** Forgets how often rules fitted. */
  reset(): void;
}

export function createScriptPlayer(script: Script): ScriptPlayer {
  return typeof script === 'function' ? playFunction(script) : new RulePlayer(script);
}

function playFunction(script: ScriptFunction): ScriptPlayer {
  return {
    play: async (conversation) => {
      const reply = await script(conversation);
      if (!reply) return { unexpected: explainMiss(conversation, 'The script function has no answer.') };
      const unknown = Object.keys(reply).filter((member) => !replyMembers.includes(member));
      if (unknown.length === 0) return { rule: null, reply };
      const why = `The script function answers with ${unknown.join(', ')}; there are ${replyMembers.join(', ')}.`;
      return { unexpected: explainMiss(conversation, why) };
    },
    unusedRules: () => [],
    reset: () => undefined,
  };
}

class RulePlayer implements ScriptPlayer {
  private readonly used = new Map<string, number>();

  constructor(private readonly script: RuleScript) {}

  play(conversation: Conversation): Promise<Played> {
    const misses: RuleMiss[] = [];
    for (const rule of this.script.rules) {
      const { misses: unmet, captures } = matchConversation(rule.match, conversation);
      const why = [...unmet, ...this.spent(rule, conversation)];
      if (why.length === 0) return Promise.resolve({ rule: rule.name, reply: this.use(rule, conversation, captures) });
      misses.push({ rule: rule.name, why });
    }
    return Promise.resolve({ unexpected: explainMiss(conversation, misses) });
  }

  unusedRules(): string[] {
    return this.script.rules.map((rule) => rule.name).filter((name) => !this.used.has(name));
  }

  reset(): void {
    this.used.clear();
  }

  private spent({ name, times, timesEach, answers }: Rule, { digest, assistantTurns }: Conversation): string[] {
    const why: string[] = [];
    if (times !== undefined && this.count(name) >= times) why.push(`times: all ${times} are used`);
    if (timesEach !== undefined && this.count(`${name}\n${digest}`) >= timesEach) {
      why.push(`timesEach: all ${timesEach} are used for this conversation`);
    }
    if (answers && assistantTurns >= answers.length) {
      why.push(`answers: has ${answers.length}, and the model already had ${assistantTurns} turns`);
    }
    return why;
  }

  private use(rule: Rule, conversation: Conversation, captures: Record<string, string>): ScriptedReply {
    this.used.set(rule.name, this.count(rule.name) + 1);
    const each = `${rule.name}\n${conversation.digest}`;
    if (rule.timesEach !== undefined) this.used.set(each, this.count(each) + 1);
    if (rule.fail) return { fail: rule.fail };
    return fillPlaceholders(rule.answer ?? rule.answers?.[conversation.assistantTurns] ?? {}, captures);
  }

  private count(key: string): number {
    return this.used.get(key) ?? 0;
  }
}
