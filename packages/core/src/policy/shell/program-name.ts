import { anyWords, isKnown } from './marks.js';
import { ownEntry } from './own-entry.js';

/** Names under which programs are also installed. */
const otherNames: Readonly<Record<string, string>> = {
  nodejs: 'node',
  pypy: 'python',
  py: 'python',
  gmake: 'make',
  mvnw: 'mvn',
  gradlew: 'gradle',
  gawk: 'awk',
  mawk: 'awk',
  nawk: 'awk',
  gsed: 'sed',
  gfind: 'find',
  gxargs: 'xargs',
  grm: 'rm',
  gtimeout: 'timeout',
  genv: 'env',
  gdd: 'dd',
  gchmod: 'chmod',
  gchown: 'chown',
  gshred: 'shred',
  gtar: 'tar',
  bsdtar: 'tar',
  podman: 'docker',
  nerdctl: 'docker',
  'docker-compose': 'docker',
  'podman-compose': 'docker',
  tofu: 'terraform',
  opentofu: 'terraform',
  terragrunt: 'terraform',
  oc: 'kubectl',
  k: 'kubectl',
  mariadb: 'mysql',
  mongo: 'mongosh',
  'valkey-cli': 'redis-cli',
  'keydb-cli': 'redis-cli',
  bunx: 'npx',
  pnpx: 'npx',
  ncat: 'nc',
  netcat: 'nc',
  https: 'http',
  xh: 'http',
};

const versioned = /^(python|pip|pypy|perl|ruby|php|lua|node|tclsh|bash|zsh|ksh|gcc|clang)[-.\d]+$/;

/**
 * The name of a program as the tables of the policy know it: without folder, version or ending, in lower case, as some
 * file systems do not tell the cases apart. Null when it depends on what happens when the command runs.
 */
export function programName(word: string): string | null {
  if (word.includes(anyWords)) return null;
  const base = word.slice(word.lastIndexOf('/') + 1);
  if (!isKnown(base) || base === '') return null;
  const plain = base.toLowerCase().replace(/\.(exe|cmd|bat)$/, '');
  const name = versioned.exec(plain)?.[1] ?? plain.replace(/(?<=.)@[^@]*$/, '');
  return ownEntry(otherNames, name) ?? name;
}

/** Why a name cannot be trusted to be what it looks like, or null. */
export function nameProblem(word: string): string | null {
  // eslint-disable-next-line no-control-regex -- names with control characters are what is looked for
  if (/[\u0000-\u0020\u007f]/.test(word)) return 'the name of a program holds spaces or control characters';
  return /[^\u0021-\u007e\uE000-\uE003]/.test(word) ? 'the name of a program holds letters beyond ASCII' : null;
}
