/** Programs that we know how to start. */
export const AgentPreset = {
  claudeCode: 'claude-code',
  codex: 'codex',
  geminiCli: 'gemini-cli',
  opencode: 'opencode',
  qwenCode: 'qwen-code',
  copilot: 'copilot',
  kimi: 'kimi',
  goose: 'goose',
  kiro: 'kiro',
  cursor: 'cursor',
} as const;
export type AgentPreset = (typeof AgentPreset)[keyof typeof AgentPreset];

/** How a program asks models: at our gateway with the token of its run, or with the login that it has of its own. */
export const AgentLogin = { gateway: 'gateway', own: 'own' } as const;
export type AgentLogin = (typeof AgentLogin)[keyof typeof AgentLogin];

/**
 * Which program an agent of the runtimes `acp` and `command` is: one that we know, or any other. Of `env`, `{{gateway}}`,
 * `{{token}}` and `{{model}}` are filled in when it starts.
 */
export type AgentLaunch =
  | { preset: AgentPreset; /** Default `gateway`. */ login?: AgentLogin }
  | { command: string; args: readonly string[]; env: Readonly<Record<string, string>> };

export const usesOwnLogin = (launch: AgentLaunch | null): launch is { preset: AgentPreset; login: 'own' } =>
  launch !== null && 'preset' in launch && launch.login === AgentLogin.own;

/** What is known of the cost of a run: what we paid, what its agent told us, or nothing. */
export const CostSource = { metered: 'metered', reported: 'reported', unknown: 'unknown' } as const;
export type CostSource = (typeof CostSource)[keyof typeof CostSource];
