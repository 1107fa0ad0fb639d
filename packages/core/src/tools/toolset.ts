import { type AgentRunKind } from '@fermata/contracts';
import { bashTool } from './bash.tool.js';
import { askHumanTool, finishTool } from './control.tools.js';
import { editTool } from './edit.tool.js';
import { globTool } from './glob.tool.js';
import { grepTool } from './grep.tool.js';
import { listTool } from './list.tool.js';
import { readTool } from './read.tool.js';
import type { Tool } from './tool.js';
import { writeTool } from './write.tool.js';

const looking = [readTool, listTool, globTool, grepTool];
const changing = [...looking, writeTool, editTool, bashTool];

/** Law: who only plans or reviews cannot change anything. */
const toolsets: Readonly<Record<AgentRunKind, readonly Tool[]>> = {
  plan: [...looking, askHumanTool, finishTool('plan')],
  work: [...changing, askHumanTool, finishTool('work')],
  repair: [...changing, askHumanTool, finishTool('repair')],
  review: [...looking, finishTool('review')],
};

/** What an agent may use in a run of this kind; the same order each time, as providers cache by prefix. */
export const toolsFor = (kind: AgentRunKind): readonly Tool[] => toolsets[kind];

/** @param added - what the run has besides, such as the tools of MCP servers */
export const findTool = (kind: AgentRunKind, name: string, added: readonly Tool[] = []): Tool | undefined =>
  [...toolsets[kind], ...added].find((tool) => tool.name === name);
