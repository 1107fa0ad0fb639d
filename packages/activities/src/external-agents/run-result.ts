import type { ApprovalId } from '@fermata/contracts';
import { firstWords } from '@fermata/contracts/redaction';
import type { RunTools } from '@fermata/core/external-agents';
import { digestOf } from '@fermata/database';
import { questionOf } from '../agent-runs/ask-person.js';
import { handIn, refusalWords } from '../agent-runs/hand-in.js';
import type { Segment } from './segment.js';

/** What an agent has handed in, and asked. */
export interface Handed {
  finished: boolean;
  question: { approvalId: ApprovalId; expiresInMs: number } | null;
}

const endTurn =
  'A person is asked. End your turn now, without doing anything else: you are told the answer when it is there.';

/** Our own tools, as they change the rows of a run. `onDone` is called when the agent has nothing more to do in this stretch. */
export function runToolsOf(segment: Segment, onDone: () => void): RunTools & { handed: Handed } {
  const handed: Handed = { finished: false, question: null };
  return {
    handed,
    async finish(input) {
      if (handed.question !== null) return { text: `Not now. ${endTurn}`, isError: true };
      const problems = await handIn(segment, input);
      if (problems.length > 0) return { text: refusalWords(problems), isError: true };
      handed.finished = true;
      onDone();
      return { text: 'Accepted. You are done: end your turn without doing anything else.', isError: false };
    },
    async askHuman(question) {
      handed.question ??= await ask(segment, question);
      onDone();
      return { text: endTurn, isError: false };
    },
  };
}

async function ask({ deps, workspace, run }: Segment, question: string): Promise<Handed['question']> {
  const { questionExpiresInMs: expiresInMs } = deps.limits;
  // The same words at another time are another question.
  const detail = { question, asked: digestOf([run.id, Date.now()]) };
  const asked = questionOf(
    run,
    { kind: 'question', title: firstWords(question, 200).trim() || 'A question', detail },
    expiresInMs,
  );
  return { approvalId: await workspace.approvals.findOrCreate(asked, { requestedBy: run.id }), expiresInMs };
}
