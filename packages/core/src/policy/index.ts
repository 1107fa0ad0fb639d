export { createPolicyEngine, type PolicyEngine } from './create-policy-engine.js';
export { parseCommandPattern } from './rules/command-pattern.js';
