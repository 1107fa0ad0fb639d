import type { AgentPreset, Json } from '@fermata/contracts';
import type { AgentProgram, ProgramSurroundings } from './agent-program.js';
import { runToolsName, runToolsUrl } from './run-tools.js';

/** What of a program depends on how it asks models. `args` come after those that make it speak the protocol. */
export type StartedAs = Omit<AgentProgram, 'command' | 'args' | 'usesTerminals' | 'hasOurTools'> & {
  args?: readonly string[];
  hasOurTools?: boolean;
};

/**
 * The programs that ask models at our gateway. Each gets the token of its run in place of a key, asks before it changes or
 * runs anything, and is kept from searching the web at its provider, which bills that by use. The variables are those of
 * their own documentation; that they work is tried with the real programs in `test/agents`.
 */
export const presets: Readonly<Partial<Record<AgentPreset, (told: ProgramSurroundings) => StartedAs>>> = {
  // https://code.claude.com/docs/en/settings and https://code.claude.com/docs/en/llm-gateway
  'claude-code': ({ gatewayUrl, token, model, home }) => ({
    env: {
      ...{ ANTHROPIC_BASE_URL: gatewayUrl, ANTHROPIC_AUTH_TOKEN: token, CLAUDE_CONFIG_DIR: `${home}/.claude` },
      // Whatever it does on the side is done by the model of the run: no other is paid for.
      ...Object.fromEntries(claudeModels.map((name) => [name, model])),
      ...{ CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1', DISABLE_AUTOUPDATER: '1', DISABLE_TELEMETRY: '1' },
      ...{ CLAUDE_CODE_DISABLE_TERMINAL_TITLE: '1', ENABLE_TOOL_SEARCH: 'false' },
      // It takes no orders from root otherwise; it is in a sandbox of ours.
      IS_SANDBOX: '1',
    },
    files: {
      '.claude/settings.json': JSON.stringify({ permissions: { deny: ['WebSearch'] }, includeCoAuthoredBy: false }),
    },
    askingMode: 'default',
    usesOurFiles: true,
  }),

  // https://developers.openai.com/codex/config-reference
  codex: ({ gatewayUrl, token, model, home }) => ({
    env: { CODEX_HOME: `${home}/.codex`, FERMATA_GATEWAY_TOKEN: token },
    files: { '.codex/config.toml': codexConfig({ gatewayUrl, model }) },
    askingMode: null,
    usesOurFiles: true,
  }),

  // https://github.com/google-gemini/gemini-cli/blob/main/docs/reference/configuration.md
  'gemini-cli': ({ gatewayUrl, token, model, home }) => ({
    env: { GOOGLE_GEMINI_BASE_URL: gatewayUrl, GEMINI_API_KEY: token, GEMINI_MODEL: model, GEMINI_CLI_HOME: home },
    files: { '.gemini/settings.json': geminiSettings(model) },
    askingMode: null,
    // It takes no answer for "there is no such file": an error of ours is an object to it, of which it reads no words.
    usesOurFiles: false,
  }),

  // https://opencode.ai/docs/config
  opencode: ({ gatewayUrl, token, model, home }) => ({
    env: { OPENCODE_CONFIG: `${home}/opencode.json`, OPENCODE_DISABLE_AUTOUPDATE: '1', FERMATA_GATEWAY_TOKEN: token },
    files: { 'opencode.json': openCodeConfig({ gatewayUrl, model }) },
    askingMode: null,
    usesOurFiles: true,
  }),

  // https://qwenlm.github.io/qwen-code-docs/en/users/configuration/settings
  'qwen-code': ({ gatewayUrl, token, model, home }) => ({
    args: ['--auth-type', 'openai'],
    env: {
      ...{ OPENAI_BASE_URL: `${gatewayUrl}/v1`, OPENAI_API_KEY: token, OPENAI_MODEL: model },
      ...{ QWEN_HOME: `${home}/.qwen`, QWEN_CODE_NO_RELAUNCH: '1', FERMATA_GATEWAY_TOKEN: token },
      // Above what a repository says of the same.
      QWEN_CODE_SYSTEM_SETTINGS_PATH: `${home}/${qwenSettingsFile}`,
      // Without it the model is asked before our tools are there, and cannot hand in what it was told to.
      QWEN_CODE_LEGACY_MCP_BLOCKING: '1',
    },
    files: { [qwenSettingsFile]: qwenSettings({ gatewayUrl, model }) },
    askingMode: 'default',
    usesOurFiles: true,
    hasOurTools: true,
  }),

  // `copilot help environment`, and https://docs.github.com/en/copilot/reference/copilot-cli-reference/acp-server
  copilot: ({ gatewayUrl, token, model, home }) => ({
    args: ['--disable-builtin-mcps'],
    env: {
      ...{ COPILOT_PROVIDER_BASE_URL: `${gatewayUrl}/v1`, COPILOT_PROVIDER_API_KEY: token, COPILOT_MODEL: model },
      // It asks nothing but the provider that it is given.
      ...{ COPILOT_OFFLINE: 'true', COPILOT_HOME: `${home}/.copilot` },
    },
    files: {},
    askingMode: null,
    usesOurFiles: true,
  }),

  // https://moonshotai.github.io/kimi-code/en/configuration/env-vars.html
  kimi: ({ gatewayUrl, token, model, home }) => ({
    env: {
      ...{ KIMI_MODEL_NAME: model, KIMI_MODEL_API_KEY: token, KIMI_MODEL_BASE_URL: `${gatewayUrl}/v1` },
      ...{ KIMI_MODEL_PROVIDER_TYPE: 'openai', KIMI_CODE_HOME: `${home}/.kimi-code`, KIMI_CODE_NO_AUTO_UPDATE: '1' },
    },
    files: {},
    askingMode: 'default',
    usesOurFiles: true,
  }),
};

const claudeModels = [
  ...['ANTHROPIC_MODEL', 'ANTHROPIC_SMALL_FAST_MODEL', 'CLAUDE_CODE_SUBAGENT_MODEL', 'ANTHROPIC_DEFAULT_HAIKU_MODEL'],
  ...['ANTHROPIC_DEFAULT_SONNET_MODEL', 'ANTHROPIC_DEFAULT_OPUS_MODEL'],
];

interface Configured {
  gatewayUrl: string;
  model: string;
}

/** Its own sandbox is off: it cannot be had within ours. */
function codexConfig({ gatewayUrl, model }: Configured): string {
  return [
    `model = ${JSON.stringify(model)}`,
    'model_provider = "fermata"',
    'approval_policy = "untrusted"',
    'sandbox_mode = "danger-full-access"',
    'web_search = "disabled"',
    'check_for_update_on_startup = false',
    '[model_providers.fermata]',
    'name = "Fermata"',
    `base_url = ${JSON.stringify(`${gatewayUrl}/v1`)}`,
    'env_key = "FERMATA_GATEWAY_TOKEN"',
    'wire_api = "responses"',
    '',
  ].join('\n');
}

function geminiSettings(model: string): string {
  return JSON.stringify({
    security: { auth: { selectedType: 'gemini-api-key' }, folderTrust: { enabled: false } },
    general: { disableAutoUpdate: true, disableUpdateNag: true },
    privacy: { usageStatisticsEnabled: false },
    model: { name: model },
    tools: { exclude: ['google_web_search'] },
  });
}

const qwenSettingsFile = '.qwen/system-settings.json';

function qwenSettings({ gatewayUrl, model }: Configured): string {
  return JSON.stringify({
    mcpServers: qwenServers(gatewayUrl),
    security: { auth: { selectedType: 'openai' }, folderTrust: { enabled: false } },
    general: { enableAutoUpdate: false },
    privacy: { usageStatisticsEnabled: false },
    model: { name: model },
    // Its model sees our tools from the start, and need not search for them.
    tools: { exclude: ['web_search'], toolSearch: { enabled: false } },
  });
}

/** It gives a server over HTTP that a session names five seconds to answer: too few on a busy machine. One of its settings may say how many. */
function qwenServers(gatewayUrl: string): Json {
  const headers = { Authorization: 'Bearer ${FERMATA_GATEWAY_TOKEN}' };
  return { [runToolsName]: { httpUrl: runToolsUrl(gatewayUrl), headers, discoveryTimeoutMs: 120_000 } };
}

function openCodeConfig({ gatewayUrl, model }: Configured): string {
  return JSON.stringify({
    $schema: 'https://opencode.ai/config.json',
    model: `fermata/${model}`,
    small_model: `fermata/${model}`,
    autoupdate: false,
    share: 'disabled',
    permission: { edit: 'ask', bash: 'ask', webfetch: 'ask' },
    provider: {
      fermata: {
        npm: '@ai-sdk/openai-compatible',
        name: 'Fermata',
        options: { baseURL: `${gatewayUrl}/v1`, apiKey: '{env:FERMATA_GATEWAY_TOKEN}' },
        models: { [model]: { name: model } },
      },
    },
  });
}
