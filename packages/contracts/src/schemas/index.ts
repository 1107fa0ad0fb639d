export { agentLaunchSchema } from './agent-launch.schema.js';
export { mcpServersSchema } from './mcp-server.schema.js';
export { modelPolicySchema } from './model-policy.schema.js';
export { loadCatalogue, type ModelsFilePlaces, parseModelsFile } from './models-file.schema.js';
export { planSchema, plannedKeyResultSchema, plannedTaskSchema } from './plan.schema.js';
export { agentPolicySchema, policyRuleSchema } from './policy.schema.js';
export { reviewResultSchema, subtaskResultSchema, workResultSchema } from './result.schema.js';
