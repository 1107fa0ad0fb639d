export { lastingRule } from './lasting-rule.js';
export { createPolicyEngine, type PolicyEngine } from './create-policy-engine.js';
