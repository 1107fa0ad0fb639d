import { AgentPreset } from './agent-launch.js';

/** A program that we know, as far as it must be known to find, install and start it. */
export interface PresetFacts {
  /** What people call it. */
  title: string;
  /** The program that speaks the protocol, */
  command: string;
  /** and what makes it speak it. */
  args: readonly string[];
  /** Where it comes from: packages of the npm registry, in the versions that were tried; empty: from its makers. */
  packages: Readonly<Record<string, string>>;
  /** Those of them whose own scripts must run for them to work. */
  built: readonly string[];
  /** Where its makers say how it is installed. */
  website: string;
  /** It can ask models at our gateway. */
  usesGateway: boolean;
  /** It has its commands run by whoever talks to it. */
  usesTerminals: boolean;
  login: PresetLogin;
}

/** The login that a program has of its own, as its makers, or those who use it, describe it. */
export interface PresetLogin {
  /** Where it lies: files, or folders of files, below the user's home. */
  paths: readonly string[];
  /** How one logs in. */
  command: string;
  /** What it must reach to use it, as in `FERMATA_SANDBOX_HOSTS`. */
  hosts: readonly string[];
  /** It tells what it has cost: since its process began, or since its session did. */
  reportsCostOf: 'process' | 'session' | null;
}

export const presetFacts: Readonly<Record<AgentPreset, PresetFacts>> = {
  'claude-code': {
    ...{ title: 'Claude Code', command: 'claude-agent-acp', args: [], website: 'https://code.claude.com/docs' },
    ...{ packages: { '@agentclientprotocol/claude-agent-acp': '0.101.0' }, built: [] },
    ...{ usesGateway: true, usesTerminals: false },
    login: {
      paths: ['.claude/.credentials.json'],
      command: 'claude /login',
      hosts: ['api.anthropic.com', 'console.anthropic.com', 'platform.claude.com', 'claude.ai'],
      reportsCostOf: 'process',
    },
  },
  codex: {
    ...{ title: 'Codex', command: 'codex-acp', args: [], website: 'https://developers.openai.com/codex' },
    ...{ packages: { '@zed-industries/codex-acp': '0.16.0' }, built: [] },
    ...{ usesGateway: true, usesTerminals: false },
    login: {
      paths: ['.codex/auth.json'],
      command: 'codex login',
      hosts: ['chatgpt.com', 'auth.openai.com', 'api.openai.com'],
      reportsCostOf: null,
    },
  },
  'gemini-cli': {
    ...{ title: 'Gemini CLI', command: 'gemini', args: ['--acp', '--skip-trust'] },
    ...{ packages: { '@google/gemini-cli': '0.61.0' }, built: [], website: 'https://geminicli.com' },
    ...{ usesGateway: true, usesTerminals: false },
    login: {
      paths: ['.gemini/oauth_creds.json', '.gemini/google_accounts.json'],
      command: 'gemini',
      hosts: ['cloudcode-pa.googleapis.com', 'generativelanguage.googleapis.com', 'oauth2.googleapis.com'],
      reportsCostOf: null,
    },
  },
  opencode: {
    ...{ title: 'OpenCode', command: 'opencode', args: ['acp'], website: 'https://opencode.ai' },
    ...{ packages: { 'opencode-ai': '1.18.33' }, built: ['opencode-ai'] },
    ...{ usesGateway: true, usesTerminals: false },
    login: {
      paths: ['.local/share/opencode/auth.json'],
      command: 'opencode auth login',
      hosts: ['opencode.ai', 'models.dev'],
      reportsCostOf: 'session',
    },
  },
  'qwen-code': {
    ...{ title: 'Qwen Code', command: 'qwen', args: ['--acp'], website: 'https://qwenlm.github.io/qwen-code-docs' },
    ...{ packages: { '@qwen-code/qwen-code': '0.24.4' }, built: [] },
    ...{ usesGateway: true, usesTerminals: false },
    login: {
      paths: ['.qwen/oauth_creds.json'],
      command: 'qwen',
      hosts: ['chat.qwen.ai', 'portal.qwen.ai', 'dashscope.aliyuncs.com'],
      reportsCostOf: null,
    },
  },
  copilot: {
    ...{ title: 'GitHub Copilot CLI', command: 'copilot', args: ['--acp', '--stdio', '--no-auto-update'] },
    ...{ packages: { '@github/copilot': '1.0.102' }, built: [], website: 'https://docs.github.com/copilot' },
    ...{ usesGateway: true, usesTerminals: false },
    login: {
      paths: ['.copilot/config.json'],
      command: 'copilot login',
      hosts: ['api.github.com', 'github.com', '*.githubcopilot.com'],
      reportsCostOf: null,
    },
  },
  kimi: {
    ...{ title: 'Kimi Code', command: 'kimi', args: ['acp'], website: 'https://moonshotai.github.io/kimi-code' },
    ...{ packages: { '@moonshot-ai/kimi-code': '2.1.0' }, built: [] },
    ...{ usesGateway: true, usesTerminals: true },
    login: {
      paths: ['.kimi-code/credentials', '.kimi-code/config.toml'],
      command: 'kimi login',
      hosts: ['*.kimi.com', '*.kimi.ai', '*.moonshot.ai', '*.moonshot.cn'],
      reportsCostOf: null,
    },
  },
  goose: {
    ...{ title: 'Goose', command: 'goose', args: ['acp'], website: 'https://block.github.io/goose' },
    ...{ packages: {}, built: [], usesGateway: false, usesTerminals: true },
    // Which provider it asks is a matter of its configuration: its host is for FERMATA_SANDBOX_HOSTS.
    login: { paths: ['.config/goose'], command: 'goose configure', hosts: [], reportsCostOf: null },
  },
  kiro: {
    ...{ title: 'Kiro CLI', command: 'kiro-cli', args: ['acp'], website: 'https://kiro.dev/docs/cli' },
    ...{ packages: {}, built: [], usesGateway: false, usesTerminals: false },
    login: {
      paths: ['.local/share/kiro-cli/data.sqlite3'],
      command: 'kiro-cli login',
      hosts: ['*.kiro.dev', '*.amazonaws.com'],
      reportsCostOf: null,
    },
  },
  cursor: {
    ...{ title: 'Cursor CLI', command: 'cursor-agent', args: ['acp'], website: 'https://cursor.com/docs/cli' },
    ...{ packages: {}, built: [], usesGateway: false, usesTerminals: false },
    login: {
      paths: ['.config/cursor/auth.json', '.cursor/cli-config.json'],
      command: 'cursor-agent login',
      hosts: ['*.cursor.sh', '*.cursor.com'],
      reportsCostOf: null,
    },
  },
};

/** Those that come from the npm registry, in the versions that our tests run. */
export const triedPresets: readonly AgentPreset[] = Object.values(AgentPreset).filter(
  (preset) => Object.keys(presetFacts[preset].packages).length > 0,
);
