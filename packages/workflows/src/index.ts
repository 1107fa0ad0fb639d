export { agentRun } from './agent-runs/agent-run.workflow.js';
export { changeRequest } from './change-requests/change-request.workflow.js';
export { okrRun } from './okr-runs/okr-run.workflow.js';
export { policyTest } from './policy/policy-test.workflow.js';
export { repositoryInspection } from './repositories/repository-inspection.workflow.js';
export { sweep } from './sweep/sweep.workflow.js';
export { taskRun } from './tasks/task-run.workflow.js';
