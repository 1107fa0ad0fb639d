export { createPolicyEngine, type PolicyEngine } from './create-policy-engine.js';
