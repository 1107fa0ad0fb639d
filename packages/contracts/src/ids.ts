/** Every id is `<prefix>_<26 characters>`: time-sortable, unique, and of a kind that can be told by sight. */
export const IdPrefix = {
  workspace: 'wsp',
  principal: 'prn',
  apiToken: 'tok',
  repository: 'repo',
  gate: 'gate',
  gateResult: 'gres',
  agent: 'agt',
  objective: 'obj',
  keyResult: 'kr',
  measurement: 'msr',
  okrRun: 'okr',
  task: 'task',
  agentRun: 'run',
  step: 'stp',
  review: 'rev',
  approval: 'apr',
  budget: 'bud',
  reservation: 'rsv',
  costEntry: 'cost',
  changeRequest: 'cr',
  effect: 'eff',
  secret: 'sec',
} as const;
export type IdPrefix = (typeof IdPrefix)[keyof typeof IdPrefix];

export type WorkspaceId = `wsp_${string}`;
export type PrincipalId = `prn_${string}`;
export type RepositoryId = `repo_${string}`;
export type AgentId = `agt_${string}`;
export type ObjectiveId = `obj_${string}`;
export type KeyResultId = `kr_${string}`;
export type OkrRunId = `okr_${string}`;
export type TaskId = `task_${string}`;
export type AgentRunId = `run_${string}`;
export type StepId = `stp_${string}`;
export type ApprovalId = `apr_${string}`;
export type ChangeRequestId = `cr_${string}`;

const idPattern = /^([a-z]+)_[0-9a-hjkmnp-tv-z]{26}$/;

/** The prefix of a well-formed id, or null for anything else. */
export function idPrefix(id: string): IdPrefix | null {
  const prefix = idPattern.exec(id)?.[1];
  return Object.values(IdPrefix).find((known) => known === prefix) ?? null;
}
