export { lastingRule } from './lasting-rule.js';
export { carriesCode } from './unwrapping/option-scripts.js';
export { createPolicyEngine, type PolicyEngine } from './create-policy-engine.js';
