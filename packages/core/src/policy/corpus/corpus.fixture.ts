import type { AgentPolicy, OperationPlace } from '@fermata/contracts';

/** Command lines that must never be allowed, by what they try. Each must get exactly the effect it is listed under. */
export interface DangerousFamily {
  family: string;
  deny?: readonly string[];
  ask?: readonly string[];
}

/** Command lines that agents run in the course of honest work. */
export interface HarmlessFamily {
  family: string;
  lines: readonly string[];
}

/** The corpus is written for this place. */
export const place: OperationPlace = { worktree: '/srv/work/task', home: '/home/agent' };

export const fullPolicy: AgentPolicy = { mode: 'full', rules: [], hosts: ['*.example.org', 'registry.npmjs.org'] };
