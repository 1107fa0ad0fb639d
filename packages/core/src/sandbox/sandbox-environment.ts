/** Where things are inside, the same in every sandbox. */
export const insidePaths = {
  /** Where no user has a home, so that no toolchain can lie in it. */
  home: '/run/fermata/home',
  temporary: '/tmp',
} as const;

/**
 * Of the worker's scrubbed environment, what names a folder of the user's home that programs write to. Inside they have
 * a home of their own, and each of these has its usual place in it.
 */
const homeFolders = new Set([
  ...['XDG_CACHE_HOME', 'XDG_CONFIG_HOME', 'XDG_DATA_HOME', 'CARGO_HOME', 'GOPATH', 'GOCACHE', 'GOMODCACHE', 'GOBIN'],
  ...['GRADLE_USER_HOME', 'npm_config_cache', 'NPM_CONFIG_CACHE', 'YARN_CACHE_FOLDER', 'PNPM_HOME', 'COREPACK_HOME'],
  ...['PIP_CACHE_DIR', 'UV_CACHE_DIR', 'BUN_INSTALL', 'DENO_DIR', 'BUNDLE_PATH', 'NUGET_PACKAGES', 'COMPOSER_HOME'],
  ...['HEX_HOME', 'MIX_HOME'],
]);

/** There is one way out, and it is not the worker's. */
const proxies = new Set(
  ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY'].flatMap((name) => [name, name.toLowerCase()]),
);

export interface EnvironmentChanges {
  /** What is set besides. */
  extra: Readonly<Record<string, string>>;
  /** Folders of the machine that may be changed inside: a variable that names one keeps its value. */
  writable: readonly string[];
}

/** The environment inside: the worker's scrubbed one with the user's home taken out of it, then `extra`. */
export function sandboxEnvironment(
  scrubbed: Readonly<Record<string, string>>,
  { extra, writable }: EnvironmentChanges,
): Record<string, string> {
  const isShared = (path: string): boolean => writable.some((folder) => `${path}/`.startsWith(`${folder}/`));
  const kept = Object.entries(scrubbed).filter(
    ([name, value]) => !proxies.has(name) && (!homeFolders.has(name) || isShared(value)),
  );
  return {
    ...Object.fromEntries(kept),
    HOME: insidePaths.home,
    TMPDIR: insidePaths.temporary,
    USER: 'fermata',
    LOGNAME: 'fermata',
    // What git writes on the side would look like work of the agent, and nobody is there to type a password.
    GIT_OPTIONAL_LOCKS: '0',
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_NOSYSTEM: '1',
    ...extra,
  };
}
