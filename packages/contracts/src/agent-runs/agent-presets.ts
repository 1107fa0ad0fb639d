import type { AgentPreset } from './agent-launch.js';

/** A program that we know, as far as it must be known to find and install it. */
export interface PresetFacts {
  /** What people call it. */
  title: string;
  /** The program that speaks the protocol. */
  command: string;
  /** Where it comes from: packages of the npm registry, in the versions that were tried. */
  packages: Readonly<Record<string, string>>;
  /** Those of them whose own scripts must run for them to work. */
  built: readonly string[];
  /** Where a login of its own lies, below the user's home. It is looked for, never read. */
  loginFiles: readonly string[];
}

export const presetFacts: Readonly<Record<AgentPreset, PresetFacts>> = {
  'claude-code': {
    title: 'Claude Code',
    command: 'claude-agent-acp',
    packages: { '@agentclientprotocol/claude-agent-acp': '0.101.0' },
    built: [],
    loginFiles: ['.claude/.credentials.json'],
  },
  codex: {
    title: 'Codex',
    command: 'codex-acp',
    packages: { '@zed-industries/codex-acp': '0.16.0' },
    built: [],
    loginFiles: ['.codex/auth.json'],
  },
  'gemini-cli': {
    title: 'Gemini CLI',
    command: 'gemini',
    packages: { '@google/gemini-cli': '0.61.0' },
    built: [],
    loginFiles: ['.gemini/oauth_creds.json'],
  },
  opencode: {
    title: 'OpenCode',
    command: 'opencode',
    packages: { 'opencode-ai': '1.18.33' },
    built: ['opencode-ai'],
    loginFiles: ['.local/share/opencode/auth.json'],
  },
};
