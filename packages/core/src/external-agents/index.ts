export { type AcpProgram, startAcpProgram } from './acp-connection.js';
export { type AgentProgram, agentProgram, commandOf, howToInstall } from './agent-program.js';
export { type AcpAttendant, type SessionUpdate, takeTurnOf, type Turn, type TurnEnd } from './take-turn.js';
export { findProgram, type FoundProgram } from './find-program.js';
export { runCommandAgent } from './run-command-agent.js';
export { createRunToolsServer, type RunTools, runToolsName, type ToolAnswer } from './run-tools.js';
export { operationsOf, type ReportedCall, toolName } from './tool-call-operations.js';
