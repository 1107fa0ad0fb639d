import { readdir, realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, sep } from 'node:path';

/** Where tools are looked for, and what must not be shown on the way. */
export interface ToolchainSearch {
  /** The environment that contained processes get, before it is changed for them. */
  env: Readonly<Record<string, string>>;
  /** The user's home: full of secrets, and of toolchains. */
  home: string;
  /** Folders of which nothing is shown: our own data. */
  secret: readonly string[];
  /** What the operator lists in addition. */
  extra: readonly string[];
}

export interface Toolchains {
  folders: string[];
  /** What their tools must be told to find them. */
  env: Record<string, string>;
}

/** Variables that name the folder of a toolchain, or certificates. */
const namingOne = [
  ...['JAVA_HOME', 'GOROOT', 'RUSTUP_HOME', 'PYENV_ROOT', 'VIRTUAL_ENV', 'CONDA_PREFIX', 'POETRY_HOME', 'DOTNET_ROOT'],
  ...['NVM_DIR', 'VOLTA_HOME', 'FNM_DIR', 'ASDF_DIR', 'ASDF_DATA_DIR', 'MISE_DATA_DIR', 'RBENV_ROOT', 'GEM_HOME'],
  ...['MAVEN_HOME', 'M2_HOME', 'GRADLE_HOME', 'ANDROID_HOME', 'ANDROID_SDK_ROOT'],
  ...['SSL_CERT_FILE', 'SSL_CERT_DIR', 'NODE_EXTRA_CA_CERTS', 'CURL_CA_BUNDLE', 'REQUESTS_CA_BUNDLE', 'GIT_SSL_CAINFO'],
];
const namingSeveral = ['GEM_PATH'];

/** Names that a toolchain gives to its folder of programs: the toolchain is the folder around it. */
const programFolders = new Set(['bin', 'sbin', 'shims', '.bin', 'cmd', 'scripts']);
/** Folders that hold programs beside keys, or beside everything: only their programs are shown. */
const mixedFolders = new Set(['.local', '.cargo', '.config', '.npm', '.docker', '.bun', '.deno', '.dotnet']);
const mostLinks = 2_000;

/**
 * The folders of toolchains outside the system's own: found from PATH, from the variables that name one, and from the
 * links in folders of programs. Never one that holds the home, our data or a whole part of the system.
 */
export async function toolchains(search: ToolchainSearch): Promise<Toolchains> {
  const { env, home, extra } = search;
  const usual = await usualPlaces(search);
  const named = namingOne.flatMap((name) => env[name] ?? []);
  const listed = [...namingSeveral, 'PATH'].flatMap((name) => env[name]?.split(':') ?? []);
  const mixed = [join(home, 'go'), ...[env['CARGO_HOME'], env['GOPATH']].flatMap(some)];
  const places = listed.filter(isAbsolute).map((folder) => toolchainOf(folder, { search, mixed }));
  const linked = await Promise.all(places.map((folder) => linkedFrom(folder, { search, mixed })));
  const all = [...extra, ...named, ...Object.values(usual), ...places, ...linked.flat()].filter(isAbsolute);
  const real = await Promise.all(all.map((path) => realpath(path).catch(() => null)));
  // Programs know themselves by either name.
  const both = [...all.filter((_path, index) => real[index] !== null), ...real.filter((path) => path !== null)];
  return { folders: [...new Set(both)].filter((path) => mayBeShown(path, search)), env: usual };
}

/** Where version managers are when no variable says otherwise: in a home that their tools do not find inside. */
const usualFolders: Readonly<Record<string, string>> = {
  ...{ RUSTUP_HOME: '.rustup', PYENV_ROOT: '.pyenv', RBENV_ROOT: '.rbenv', NVM_DIR: '.nvm', VOLTA_HOME: '.volta' },
  ...{ ASDF_DATA_DIR: '.asdf', MISE_DATA_DIR: '.local/share/mise' },
};

async function usualPlaces({ env, home }: ToolchainSearch): Promise<Record<string, string>> {
  const unsaid = Object.entries(usualFolders).filter(([name]) => env[name] === undefined);
  const places = unsaid.map(([name, folder]) => [name, join(home, folder)] as const);
  const found = await Promise.all(places.map(([, path]) => realpath(path).catch(() => null)));
  return Object.fromEntries(places.filter((_place, index) => found[index] !== null));
}

const some = (value: string | undefined): string[] => (value === undefined ? [] : [value]);

interface Rules {
  search: ToolchainSearch;
  /** Besides those that go by their names. */
  mixed: readonly string[];
}

/** The toolchain around a folder of programs, or that folder alone where more than a toolchain is around it. */
function toolchainOf(folder: string, { search, mixed }: Rules): string {
  const around = dirname(folder);
  const isMixed = mixed.includes(around) || mixedFolders.has(basename(around));
  return programFolders.has(basename(folder)) && !isMixed && mayBeShown(around, search) ? around : folder;
}

/** Tools installed for one user are often links in one folder of programs to where they are. */
async function linkedFrom(folder: string, rules: Rules): Promise<string[]> {
  if (!isWithin(folder, rules.search.home) || !programFolders.has(basename(folder))) return [];
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const links = entries.filter((entry) => entry.isSymbolicLink()).slice(0, mostLinks);
  const targets = await Promise.all(links.map(({ name }) => realpath(join(folder, name)).catch(() => null)));
  const outside = targets.filter((target) => target !== null && !isWithin(target, folder)) as string[];
  return [...new Set(outside.map((target) => toolchainOf(dirname(target), rules)))];
}

/** Parts of every system: whoever names one of them as a toolchain shows far too much. */
const tooMuch = new Set([
  ...['/', '/home', '/root', '/etc', '/var', '/var/lib', '/run', '/tmp', '/var/tmp', '/mnt', '/media', '/srv'],
  ...['/proc', '/sys', '/dev', '/boot', '/data', '/Users'],
]);

function mayBeShown(path: string, { home, secret }: ToolchainSearch): boolean {
  if (tooMuch.has(path) || path === home || isWithin(home, path)) return false;
  return secret.every((folder) => !isWithin(path, folder) && !isWithin(folder, path));
}

const isWithin = (path: string, folder: string): boolean => path === folder || path.startsWith(folder + sep);
