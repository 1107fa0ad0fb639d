export { errorFingerprint } from './fingerprint.js';
export { readForAgent, writeForAgent } from './agent-files.js';
export { type BackgroundProcesses, createBackgroundProcesses } from './background-processes.js';
export { operationsOf } from './operations-of.js';
export { type CheckedCall, checkCall, runTool, type ToolRequest } from './run-tool.js';
export type { InputCheck, Tool, ToolContext, ToolOutcome } from './tool.js';
export { findTool, type ToolOwner, toolsFor, toolsOfRun } from './toolset.js';
