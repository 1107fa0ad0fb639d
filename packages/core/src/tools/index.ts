export { readForAgent, writeForAgent } from './agent-files.js';
export { operationOf } from './operation-of.js';
export { type CheckedCall, checkCall, runTool, type ToolRequest } from './run-tool.js';
export type { InputCheck, Tool, ToolContext, ToolOutcome } from './tool.js';
export { findTool, toolsFor } from './toolset.js';
