import { type AgentRun, agentRunQuery, blobQuery, type Step } from './agent-run.js';
import type { Api } from './api.js';
import { found } from './found.js';

export interface AgentRunWithSteps extends AgentRun {
  steps: Step[];
}

/** An agent run with all its steps. */
export async function readAgentRun(api: Api, id: string): Promise<AgentRunWithSteps> {
  const all: Step[] = [];
  for (let after: string | null = null; ;) {
    const answer: { agentRun: (AgentRun & { steps: StepPage }) | null } = await api.ask(agentRunQuery, { id, after });
    const { steps, ...run } = found(answer.agentRun, 'agent run', id);
    all.push(...steps.nodes);
    if (!steps.pageInfo.hasNextPage) return { ...run, steps: all };
    after = steps.pageInfo.endCursor;
  }
}

interface StepPage {
  nodes: readonly Step[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

/** Of one page, as the API allows. */
const longestPage = 262_144;

/** A stored text; of a very long one its first page. */
export async function readBlob(api: Api, digest: string): Promise<string> {
  const { blob } = await api.ask(blobQuery, { digest, limit: longestPage, offset: 0 });
  return found(blob, 'text', digest).text.text;
}
