/** Serves our own tools to an agent. */
type ToolServer = (request: Request) => Promise<Response>;

/** The agents at work in this process, by their runs: the gateway asks it who serves their tools. */
export class RunningSegments {
  private readonly servers = new Map<string, ToolServer>();

  /** @returns ends it */
  begin(agentRunId: string, server: ToolServer): () => void {
    this.servers.set(agentRunId, server);
    return () => {
      if (this.servers.get(agentRunId) === server) this.servers.delete(agentRunId);
    };
  }

  toolsOf(agentRunId: string): ToolServer | null {
    return this.servers.get(agentRunId) ?? null;
  }
}
