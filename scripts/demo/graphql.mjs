/**
 * Asks the API one thing.
 * @param {{ apiUrl: string, token: string }} server
 * @param {string} query
 * @param {Record<string, unknown>} [variables]
 * @returns {Promise<any>} the answer's `data`
 */
export async function ask({ apiUrl, token }, query, variables = {}) {
  const response = await fetch(`${apiUrl}/graphql`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  if (errors?.length > 0) throw new Error(errors.map(({ message }) => message).join('; '));
  return data;
}

export const submitGoal = `mutation ($input: SubmitGoalInput!) { submitGoal(input: $input) { okrRun { id state } } }`;
export const addRepository = `mutation ($input: AddRepositoryInput!) {
  addRepository(input: $input) { repository { id name defaultBranch gateSource gates { name command } } }
}`;
export const decideApproval = `mutation ($input: DecideApprovalInput!) { decideApproval(input: $input) { approval { id state } } }`;
export const saveAgent = `mutation ($input: SaveAgentInput!) { saveAgent(input: $input) { agent { id } } }`;
export const setBudget = `mutation ($input: SetBudgetInput!) { setBudget(input: $input) { budget { limitMicros } } }`;
export const openApprovals = `query {
  approvals(state: pending, first: 100) { nodes { id digest title kind okrRun { id } } }
}`;
export const readEvents = `query ($after: Cursor, $okrRunId: ID) {
  events(after: $after, okrRunId: $okrRunId, first: 100) {
    nodes { cursor type at subjectId taskId agentRunId data }
  }
}`;
export const readRun = `query ($id: ID!) {
  okrRun(id: $id) {
    id state goal startedAt endedAt
    objective { title description }
    failure { code message }
    waitingOn { kind detail since releasableBy subjectId }
    approval { id state digest title detail }
    cost { micros estimatedMicros inputTokens outputTokens }
    keyResults { id title unit baseline target value met }
    tasks {
      id title state startedAt endedAt attempts
      dependsOn { id }
      waitingOn { kind detail }
      changeRequest { id state branch mergedCommit }
      gates { name state phase round }
    }
    report { outcome summary targetsMet costMicros durationMs }
  }
}`;
