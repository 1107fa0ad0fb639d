import type { Api } from '../graphql/api.js';
import type { Step } from '../graphql/agent-run.js';
import { readAgentRun, readBlob } from '../graphql/read-agent-run.js';
import { stepText } from '../rendering/step-text.js';

export interface ReadStep extends Step {
  agentRunId: string;
  /** What it said or gave back; null when it gave nothing. */
  text: string | null;
}

/** Finds steps by id with their texts. Steps of a run are read once, and again when an unknown one is asked for. */
export function createStepReader(api: Api, limit: number) {
  const known = new Map<string, Step>();
  return async function readStep(agentRunId: string, stepId: string): Promise<ReadStep | null> {
    if (!known.has(stepId))
      for (const step of (await readAgentRun(api, agentRunId)).steps)
        if (step.endedAt !== null) known.set(step.id, step);
    const step = known.get(stepId);
    if (step === undefined) return null;
    const stored = step.output === null ? null : await readBlob(api, step.output.digest);
    return { ...step, agentRunId, text: stored === null ? null : shorten(stepText(step.kind, stored), limit) };
  };
}

function shorten(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit)}\n[${text.length - limit} more characters: --chars]`;
}
