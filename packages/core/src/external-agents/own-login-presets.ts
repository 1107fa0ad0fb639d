import type { AgentPreset } from '@fermata/contracts';
import type { StartedAs } from './presets.js';

/**
 * The programs that we know, with the login that they have of their own: they are told to ask before they act, where that is
 * not how they start, and nothing of where models are. What a login of theirs does is not tried: we have none.
 */
export const ownLoginPresets: Readonly<Record<AgentPreset, (home: string) => StartedAs>> = {
  'claude-code': (home) => ({
    ...usual,
    env: { CLAUDE_CONFIG_DIR: `${home}/.claude`, DISABLE_AUTOUPDATER: '1', IS_SANDBOX: '1' },
    askingMode: 'default',
  }),
  codex: (home) => ({
    ...usual,
    env: { CODEX_HOME: `${home}/.codex` },
    files: { '.codex/config.toml': 'approval_policy = "untrusted"\nsandbox_mode = "danger-full-access"\n' },
  }),
  'gemini-cli': (home) => ({
    ...usual,
    env: { GEMINI_CLI_HOME: home },
    files: { '.gemini/settings.json': JSON.stringify({ security: { auth: { selectedType: 'oauth-personal' } } }) },
    usesOurFiles: false,
  }),
  opencode: (home) => ({
    ...usual,
    env: { OPENCODE_CONFIG: `${home}/opencode.json`, OPENCODE_DISABLE_AUTOUPDATE: '1' },
    files: { 'opencode.json': JSON.stringify({ permission: { edit: 'ask', bash: 'ask', webfetch: 'ask' } }) },
  }),
  'qwen-code': (home) => ({
    ...usual,
    args: ['--auth-type', 'qwen-oauth'],
    env: { QWEN_HOME: `${home}/.qwen`, QWEN_CODE_LEGACY_MCP_BLOCKING: '1' },
    askingMode: 'default',
  }),
  copilot: (home) => ({ ...usual, env: { COPILOT_HOME: `${home}/.copilot` } }),
  kimi: (home) => ({
    ...usual,
    env: { KIMI_CODE_HOME: `${home}/.kimi-code`, KIMI_CODE_NO_AUTO_UPDATE: '1' },
    askingMode: 'default',
  }),
  // It runs what it likes otherwise. https://block.github.io/goose/docs/guides/goose-permissions
  goose: () => ({ ...usual, env: { GOOSE_MODE: 'approve', GOOSE_DISABLE_KEYRING: '1' } }),
  kiro: () => usual,
  cursor: () => usual,
};

const usual = { env: {}, files: {}, askingMode: null, usesOurFiles: true };
