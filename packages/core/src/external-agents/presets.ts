import type { AgentPreset } from '@fermata/contracts';
import type { AgentProgram, ProgramSurroundings } from './agent-program.js';

/**
 * The programs that we know. Each gets the token of its run in place of a key, asks before it changes or runs anything, and
 * is kept from searching the web at its provider, which bills that by use. The variables are those of their own
 * documentation; that they work is tried with the real programs in `test/agents`.
 */
export const presets: Readonly<Record<AgentPreset, (told: ProgramSurroundings) => Omit<AgentProgram, 'command'>>> = {
  // https://code.claude.com/docs/en/settings and https://code.claude.com/docs/en/llm-gateway
  'claude-code': ({ gatewayUrl, token, model, home }) => ({
    args: [],
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
    usesTerminals: false,
  }),

  // https://developers.openai.com/codex/config-reference
  codex: ({ gatewayUrl, token, model, home }) => ({
    args: [],
    env: { CODEX_HOME: `${home}/.codex`, FERMATA_GATEWAY_TOKEN: token },
    files: { '.codex/config.toml': codexConfig({ gatewayUrl, model }) },
    askingMode: null,
    usesOurFiles: true,
    usesTerminals: false,
  }),

  // https://github.com/google-gemini/gemini-cli/blob/main/docs/reference/configuration.md
  'gemini-cli': ({ gatewayUrl, token, model, home }) => ({
    args: ['--acp', '--skip-trust'],
    env: { GOOGLE_GEMINI_BASE_URL: gatewayUrl, GEMINI_API_KEY: token, GEMINI_MODEL: model, GEMINI_CLI_HOME: home },
    files: { '.gemini/settings.json': geminiSettings(model) },
    askingMode: null,
    // It takes no answer for "there is no such file": an error of ours is an object to it, of which it reads no words.
    usesOurFiles: false,
    usesTerminals: false,
  }),

  // https://opencode.ai/docs/config
  opencode: ({ gatewayUrl, token, model, home }) => ({
    args: ['acp'],
    env: { OPENCODE_CONFIG: `${home}/opencode.json`, OPENCODE_DISABLE_AUTOUPDATE: '1', FERMATA_GATEWAY_TOKEN: token },
    files: { 'opencode.json': openCodeConfig({ gatewayUrl, model }) },
    askingMode: null,
    usesOurFiles: true,
    usesTerminals: false,
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
