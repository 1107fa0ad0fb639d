import { AgentRuntime, type DomainError, type Json, type SegmentEnd } from '@fermata/contracts';
import { firstWords } from '@fermata/contracts/redaction';
import type { TurnEnd } from '@fermata/core/external-agents';
import { handIn, refusalWords } from '../agent-runs/hand-in.js';
import type { Handed } from './run-result.js';
import type { Segment } from './segment.js';

/** A failure of the agent is an end like others: it is told of it, and after a few of them a person is asked. */
export type TurnOutcome = TurnEnd | { failure: DomainError };

interface Ending {
  turn: TurnOutcome;
  handed: Handed;
  steps: number;
  stepLimit: number;
  isTimeUp: boolean;
}

/** What a stretch has come to. */
export async function endOf(segment: Segment, ending: Ending): Promise<SegmentEnd> {
  const { turn, handed, steps, stepLimit, isTimeUp } = ending;
  if (handed.finished) return { outcome: 'finished' };
  if (handed.question) return { outcome: 'question', ...handed.question, detail: 'The agent asks a question.' };
  if (steps >= stepLimit) return { outcome: 'step_limit', steps };
  if (isTimeUp) return { outcome: 'time_limit' };
  return 'failure' in turn ? { outcome: 'stopped', detail: turn.failure.message } : endOfTurn(segment, turn);
}

async function endOfTurn(segment: Segment, { stopReason, lastWords }: TurnEnd): Promise<SegmentEnd> {
  const text = lastWords.trim();
  const result = stopReason === 'end_turn' ? resultIn(segment, text) : null;
  if (result !== null) {
    const problems = await handIn(segment, result);
    return problems.length === 0 ? { outcome: 'finished' } : { outcome: 'stopped', detail: refusalWords(problems) };
  }
  const said = text === '' ? 'It said nothing.' : `It said: ${firstWords(text, 1_000)}`;
  return { outcome: 'stopped', detail: `The agent ended its turn (${stopReason}) without a result. ${said}` };
}

/** What a program that takes no tools of ours hands in by what it says last; null when that is nothing. */
function resultIn({ agent, run, readOnly }: Segment, text: string): Json | null {
  if (text === '') return null;
  if (run.runtime === AgentRuntime.command) return objectIn(text) ?? { summary: text };
  const takesTools = agent.launch !== null && 'preset' in agent.launch;
  return takesTools || readOnly ? null : { summary: text };
}

function objectIn(text: string): Json | null {
  try {
    const value = JSON.parse(text) as Json;
    return typeof value === 'object' && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}
