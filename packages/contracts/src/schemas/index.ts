export { planSchema, plannedKeyResultSchema, plannedTaskSchema } from './plan.schema.js';
export { policySchema } from './policy.schema.js';
export { reviewResultSchema, workResultSchema } from './result.schema.js';
