import type { CircuitLimits, UpstreamRef } from '@fermata/contracts';
import type { CatalogueModel } from '@fermata/contracts/models';
import type { Gateway } from '@fermata/core/gateway';
import type { Git } from '@fermata/core/git';
import type { McpSessions } from '@fermata/core/mcp';
import type { ModelClient } from '@fermata/core/models';
import type { PolicyEngine } from '@fermata/core/policy';
import type { Sandboxes } from '@fermata/core/sandbox';
import type { BackgroundProcesses } from '@fermata/core/tools';
import type { BlobCache, Database, Locator, SecretCipher } from '@fermata/database';
import type { BackgroundCheckpoints } from './agent-runs/background-checkpoints.js';
import type { RunningSegments } from './external-agents/running-segments.js';

/** A model that can be called, with what it costs. */
export interface CallableModel {
  /** The name to ask for. */
  name: string;
  client: ModelClient;
  facts: CatalogueModel;
  /** What its limits and outages are counted for. */
  upstream: UpstreamRef;
}

/** Wakes workflows; the API and the sweep do it the same way. */
export interface RunNudger {
  /** False when the run has, or had, a workflow. */
  startOkrRun(run: { id: string; workspaceId: string; repositoryId: string }): Promise<boolean>;
  ordersChanged(workflowId: string): Promise<void>;
  approvalDecided(workflowId: string, approvalId: string): Promise<void>;
  landingTurn(workflowId: string): Promise<void>;
  /** False for a workflow that has ended, in whatever way, or was never there. */
  isRunning(workflowId: string): Promise<boolean>;
  /** Asks a workflow to put its work down and end. */
  cancel(workflowId: string): Promise<void>;
}

/** How patient a run is. */
export interface WorkLimits {
  maxRepairRounds: number;
  maxReviewRounds: number;
  /** A provider that sends nothing for so long is waited for: the run's row says so. */
  modelSilentAfterMs: number;
  /** When calls stop going to a provider that fails. */
  circuit: CircuitLimits;
  toolOutputBytes: number;
  questionExpiresInMs: number;
  setupTimeoutMs: number;
}

/** What the activities of one worker share. Made once, in the worker's composition root. */
export interface ActivityDeps {
  database: Database;
  locate: Locator;
  /** Prompts, answers and tool output of the runs at work: read again at each step, and never changed. */
  blobCache: BlobCache;
  checkpoints: BackgroundCheckpoints;
  /** For what models say that must not be stored as it is. */
  cipher: SecretCipher;
  /** What agents have left running on this host. */
  background: BackgroundProcesses;
  /** This host's id: worktrees made here are served on its queue. */
  hostId: string;
  git: Git;
  /** Decides what an agent may do. */
  policy: PolicyEngine;
  /** What `~` stands for when a policy judges a command. */
  home: string;
  /** Where programs of agents and repositories run, with what environment. */
  sandboxes: Sandboxes;
  /** With the key that the workspace has for it. @throws DomainError for a model that cannot be had */
  modelNamed(name: string, workspaceId: string): Promise<CallableModel>;
  /** The models whose limits and prices are known here, the user's first. */
  catalogue: readonly CatalogueModel[];
  /** Where agents that are not ours ask models. */
  gateway: Pick<Gateway, 'port' | 'url'>;
  /** Those at work here. */
  segments: RunningSegments;
  /** The MCP servers of runs, as far as they are at work here. */
  mcpSessions: McpSessions;
  /** Folders in which programs of agents were installed, looked through before PATH. */
  agentsDirs: readonly string[];
  /** Agents may use logins of their own, with the files that lie in `home`. */
  allowsOwnLogin: boolean;
  nudger: RunNudger;
  limits: WorkLimits;
}
