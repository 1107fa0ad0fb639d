import type { Environment } from '../config.js';

/** What API and worker are told of our environment. What agents see of that is the worker's to decide: far less. */
const passedNames = new Set([
  ...['PATH', 'HOME', 'LANG', 'LANGUAGE', 'TERM', 'COLORTERM', 'TMPDIR', 'TZ', 'USER', 'LOGNAME', 'SHELL', 'LOG_LEVEL'],
  ...['SSL_CERT_FILE', 'SSL_CERT_DIR', 'CURL_CA_BUNDLE', 'REQUESTS_CA_BUNDLE', 'SSH_AUTH_SOCK'],
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'all_proxy', 'no_proxy'],
  ...['JAVA_HOME', 'VIRTUAL_ENV', 'CONDA_PREFIX', 'M2_HOME', 'IS_SANDBOX'],
]);

/** Of model providers, of ours, and of tools that agents and gates call. */
const passedPrefixes = [
  ...['ANTHROPIC_', 'OPENAI_', 'GEMINI_', 'GOOGLE_', 'FERMATA_', 'OTEL_', 'LC_', 'XDG_', 'NODE_', 'GIT_'],
  ...['GO', 'CARGO_', 'RUSTUP_', 'GRADLE_', 'MAVEN_', 'ANDROID_', 'NVM_', 'VOLTA_', 'FNM_', 'PNPM_', 'BUN_', 'DENO_'],
  ...['COREPACK_', 'npm_config_', 'NPM_CONFIG_', 'YARN_', 'ASDF_', 'MISE_', 'PYENV_', 'POETRY_', 'PIP_', 'UV_'],
  ...['RBENV_', 'GEM_', 'BUNDLE_', 'DOTNET_', 'NUGET_', 'COMPOSER_', 'HEX_', 'MIX_'],
];

/** For this command alone: where a client finds a server, and what `up` decides itself. */
const keptNames = new Set([
  'FERMATA_URL',
  'FERMATA_TOKEN',
  'FERMATA_HOME',
  'FERMATA_CALLED_AS',
  'FERMATA_API_PORT',
  'FERMATA_DATA_DIR',
  'NODE_OPTIONS',
]);

export function passedEnvironment(environment: Environment, model: string | undefined): Record<string, string> {
  const passed = Object.entries(environment).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && isPassed(entry[0]),
  );
  return { ...Object.fromEntries(passed), ...(model !== undefined && { FERMATA_MODEL: model }) };
}

function isPassed(name: string): boolean {
  if (keptNames.has(name)) return false;
  return passedNames.has(name) || passedPrefixes.some((prefix) => name.startsWith(prefix));
}
