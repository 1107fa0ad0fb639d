import { type AgentRunKind, type JsonObject, maxSubtaskDepth } from '@fermata/contracts';
import { applyPatchTool } from './apply-patch.tool.js';
import { bashOutputTool, bashStopTool } from './background.tools.js';
import { bashTool } from './bash.tool.js';
import { askHumanTool, finishTool, subtaskFinishTool } from './control.tools.js';
import { editTool } from './edit.tool.js';
import { gitDiffTool, gitStatusTool } from './git.tools.js';
import { globTool } from './glob.tool.js';
import { grepTool } from './grep.tool.js';
import { listTool } from './list.tool.js';
import { readTool } from './read.tool.js';
import { multiEditTool } from './multi-edit.tool.js';
import { reportProgressTool, todoTool } from './progress.tools.js';
import { readOutputTool } from './read-output.tool.js';
import { spawnTaskTool } from './spawn-task.tool.js';
import type { Tool } from './tool.js';
import { webFetchTool } from './web-fetch.tool.js';
import { writeTool } from './write.tool.js';

const looking = [readTool, listTool, globTool, grepTool, readOutputTool];
const lookingAtWork = [...looking, gitStatusTool, gitDiffTool];
const changing = [writeTool, editTool, multiEditTool, applyPatchTool, bashTool, bashOutputTool, bashStopTool];
const talking = [todoTool, reportProgressTool, askHumanTool];
const working = [...lookingAtWork, ...changing, webFetchTool, ...talking];

/** Law: who only plans or reviews cannot change anything. */
const toolsets: Readonly<Record<AgentRunKind, readonly Tool[]>> = {
  plan: [...looking, webFetchTool, ...talking, finishTool('plan')],
  work: [...working, spawnTaskTool, finishTool('work')],
  repair: [...working, spawnTaskTool, finishTool('repair')],
  review: [...lookingAtWork, reportProgressTool, finishTool('review')],
  subtask: [...working, spawnTaskTool, finishTool('subtask')],
};

/** What an agent may use in a run of this kind; the same order each time, as providers cache by prefix. */
export const toolsFor = (kind: AgentRunKind): readonly Tool[] => toolsets[kind];

/** What of a run decides which tools it has. */
export interface ToolOwner {
  kind: AgentRunKind;
  /** How deep it stands among subtasks: the deepest have none of their own. */
  depth: number;
  /** What the data of a subtask's result must satisfy. */
  resultSchema: JsonObject | null;
}

/** As `toolsFor`, with what is up to the run itself. */
export function toolsOfRun({ kind, depth, resultSchema }: ToolOwner): readonly Tool[] {
  if (kind !== 'subtask') return toolsets[kind];
  return [...working, ...(depth < maxSubtaskDepth ? [spawnTaskTool] : []), subtaskFinishTool(resultSchema)];
}

/** @param added - what the run has besides, such as the tools of MCP servers */
export const findTool = (kind: AgentRunKind, name: string, added: readonly Tool[] = []): Tool | undefined =>
  [...toolsets[kind], ...added].find((tool) => tool.name === name);
