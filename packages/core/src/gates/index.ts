export { detectGates } from './detect-gates.js';
export { detectSetupCommands } from './detect-setup.js';
export { type GateResult, type GateRun, runGate } from './run-gate.js';
