/** What a program needs to find its tools, its caches and its language. Everything else stays with us (law 8). */
const allowedNames = new Set([
  ...['PATH', 'HOME', 'LANG', 'LANGUAGE', 'TERM', 'COLORTERM', 'TMPDIR', 'TZ', 'USER', 'LOGNAME', 'SHELL'],
  ...['XDG_CACHE_HOME', 'XDG_CONFIG_HOME', 'XDG_DATA_HOME'],
  ...['SSL_CERT_FILE', 'SSL_CERT_DIR', 'NODE_EXTRA_CA_CERTS', 'CURL_CA_BUNDLE', 'REQUESTS_CA_BUNDLE', 'GIT_SSL_CAINFO'],
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'all_proxy', 'no_proxy'],
  ...['GOPATH', 'GOROOT', 'GOCACHE', 'GOMODCACHE', 'GOBIN', 'GOPROXY', 'GOFLAGS', 'GOTOOLCHAIN', 'GOSUMDB'],
  ...['CARGO_HOME', 'RUSTUP_HOME', 'RUSTUP_TOOLCHAIN'],
  ...['JAVA_HOME', 'GRADLE_HOME', 'GRADLE_USER_HOME', 'MAVEN_HOME', 'M2_HOME', 'ANDROID_HOME', 'ANDROID_SDK_ROOT'],
  ...['NVM_DIR', 'NVM_BIN', 'VOLTA_HOME', 'FNM_DIR', 'PNPM_HOME', 'BUN_INSTALL', 'DENO_DIR', 'COREPACK_HOME'],
  ...['npm_config_cache', 'npm_config_registry', 'NPM_CONFIG_CACHE', 'NPM_CONFIG_REGISTRY', 'YARN_CACHE_FOLDER'],
  ...['ASDF_DIR', 'ASDF_DATA_DIR', 'MISE_DATA_DIR', 'PYENV_ROOT', 'VIRTUAL_ENV', 'CONDA_PREFIX', 'POETRY_HOME'],
  ...['PIP_CACHE_DIR', 'PIP_INDEX_URL', 'UV_CACHE_DIR', 'RBENV_ROOT', 'GEM_HOME', 'GEM_PATH', 'BUNDLE_PATH'],
  ...['DOTNET_ROOT', 'NUGET_PACKAGES', 'COMPOSER_HOME', 'HEX_HOME', 'MIX_HOME'],
]);

const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const secretName = /KEY|TOKEN|SECRET|PASSW|CREDENTIAL/i;
/** `https://user:password@proxy`: an address that carries a login. */
const loginInAddress = /\/\/[^/\s@]+@/;

/**
 * The environment for a process we do not trust with our own: an allow-list of `source` with anything that looks like a
 * secret left out, `CI=true`, and then `extra`, which the caller answers for and which is not filtered.
 */
export function scrubbedEnvironment(
  source: Readonly<Record<string, string | undefined>>,
  extra: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const environment: Record<string, string> = { PATH: defaultPath };
  for (const [name, value] of Object.entries(source)) {
    if (value !== undefined && isAllowed(name) && !loginInAddress.test(value)) environment[name] = value;
  }
  return { ...environment, CI: 'true', ...extra };
}

function isAllowed(name: string): boolean {
  return (allowedNames.has(name) || name.startsWith('LC_')) && !secretName.test(name);
}
