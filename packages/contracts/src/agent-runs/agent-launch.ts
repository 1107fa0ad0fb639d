/** Programs that we know how to start, with their keys kept out and every dangerous act asked for. */
export const AgentPreset = {
  claudeCode: 'claude-code',
  codex: 'codex',
  geminiCli: 'gemini-cli',
  opencode: 'opencode',
} as const;
export type AgentPreset = (typeof AgentPreset)[keyof typeof AgentPreset];

/**
 * Which program an agent of the runtime `acp` is: one that we know, or any other that speaks the Agent Client Protocol.
 * Of `env`, `{{gateway}}`, `{{token}}` and `{{model}}` are filled in when it starts.
 */
export type AgentLaunch =
  { preset: AgentPreset } | { command: string; args: readonly string[]; env: Readonly<Record<string, string>> };
