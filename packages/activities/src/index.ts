export { createGatewayPorts } from './gateway/create-gateway-ports.js';
export { createWorkspaceProviders, type WorkspaceProviders } from './models/workspace-providers.js';
export { BackgroundCheckpoints } from './agent-runs/background-checkpoints.js';
export { RunningSegments } from './external-agents/running-segments.js';
export { createActivities } from './create-activities.js';
export type { ActivityDeps, CallableModel, RunNudger, WorkLimits } from './deps.js';
export { toApplicationFailure } from './runtime/to-application-failure.js';
