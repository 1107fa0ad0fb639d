import { DomainError, EventType, statesBefore, StepState, stepTransitions } from '@fermata/contracts';
import type { Database } from '../client.js';
import { inTransaction } from '../in-transaction.js';
import { newId } from '../new-id.js';
import { toBlob } from '../repositories/blob.repository.js';
import { type AnswerPlace, sealAnswer } from '../secrets/sealed-answer.repository.js';
import type { SealedValue, SecretCipher } from '../secrets/secret-cipher.js';
import { storable } from '../storable.js';
import type { SettledCost, StepEnd, StepStart } from './step.repository.js';

/** What is told of a step that begins or ends. */
export function eventOf(
  start: Omit<StepStart, 'index'> & { index: number | null },
  stepId: string,
  { state, note }: { state: StepState; note?: string },
): string {
  const { agentRunId, okrRunId, taskId, ...step } = start;
  const { index, kind, name } = step;
  const type = state === StepState.started ? EventType.stepStarted : EventType.stepEnded;
  const ids = { agentRunId, okrRunId, ...(taskId && { taskId }) };
  return JSON.stringify(
    storable([
      { type, subjectId: stepId, ...ids, data: { index, kind, name, state, ...(note !== undefined && { note }) } },
    ]),
  );
}

/** The parts of an end that are stored; the text itself travels beside the JSON. */
export function storedEnd({ output, failure, note: _note, ...end }: StepEnd) {
  const blob = output && toBlob(output.text, output.mediaType);
  const kept = blob && { digest: blob.digest, mediaType: blob.mediaType, size: blob.size };
  return {
    end: { ...end, failure: storable(failure), output: kept },
    content: blob?.content ?? null,
    text: blob?.text,
  };
}

/** What `end_step` answers. */
export interface Ended {
  moved: boolean;
  state: StepState | null;
}

/** What ends a step: the arguments of `end_step` after the workspace, and what they say of its output. */
export interface EndOrder {
  id: string;
  values: readonly [end: string, content: string | null, events: string];
  digest: string | undefined;
  text: string | undefined;
}

export function orderToEnd(step: StepStart & { id: string }, ended: StepEnd & { cost?: SettledCost }): EndOrder {
  const { cost, ...rest } = ended;
  const { end, content, text } = storedEnd(rest);
  const { id } = step;
  const from = statesBefore(stepTransitions, ended.state);
  const order = storable({ ...end, id, from, ...(cost && { cost: { ...cost, id: newId('cost') } }) });
  return { id, values: [JSON.stringify(order), content, eventOf(step, id, ended)], digest: end.output?.digest, text };
}

interface Sealing {
  place: AnswerPlace;
  cipher: SecretCipher;
  /** What is sealed. */
  text: string;
}

/** Ends a step together with the sealed words of its answer: both or neither. Where there is no key to seal them, without. */
export function endSealed(
  database: Database,
  { values: [end, content, events] }: EndOrder,
  { place: { workspaceId, agentRunId, index }, cipher, text }: Sealing,
): Promise<Ended> {
  return inTransaction(database, async (tx) => {
    const sealed = await sealAnswer(tx, cipher, { place: { workspaceId, agentRunId, index }, text });
    const row = sealed && JSON.stringify({ agentRunId, index, ...inBase64(sealed) });
    const [ended] =
      row === null
        ? await tx.$queryRaw<{ answer: Ended }[]>`
            SELECT end_step(${workspaceId}, ${end}::jsonb, ${content}, ${events}::jsonb) AS "answer"`
        : await tx.$queryRaw<{ answer: Ended }[]>`
            SELECT end_sealed_step(${workspaceId}, ${end}::jsonb, ${content}, ${events}::jsonb, ${row}::jsonb) AS "answer"`;
    if (!ended) throw new DomainError('internal', 'A function of the database gave no answer.');
    return ended.answer;
  });
}

const inBase64 = ({ keyId, nonce, ciphertext }: SealedValue) => ({
  keyId,
  nonce: Buffer.from(nonce).toString('base64'),
  ciphertext: Buffer.from(ciphertext).toString('base64'),
});
