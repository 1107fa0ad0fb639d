import { hasOption, readArguments } from '../shell/command-options.js';
import { readFind } from '../shell/find-arguments.js';
import { anyText, isKnown, showMarked } from '../shell/marks.js';
import { holdsPath, resolvePath, siteOf } from '../shell/paths.js';
import type { ShellCommand } from '../shell/shell-command.js';
import { curlValues } from '../shell/written-files.js';
import { type DangerCheck, type DangerWorld, finding } from './danger-check.js';
import { namedPaths } from './named-paths.js';

/** Folders that hold credentials, wherever a home is. */
const secretFolders =
  '.ssh .aws .gnupg .azure .kube .password-store .gcloud .oci .docker/config.json .config/gh .config/glab-cli .config/gcloud .config/op .config/doctl .config/hub .config/rclone .config/anthropic .config/fermata .fermata .claude/.credentials.json .codex/auth.json .local/share/keyrings .cargo/credentials .cargo/credentials.toml .terraform.d/credentials.tfrc.json .mozilla .config/google-chrome .config/chromium Library/Keychains .electrum .bitcoin .ethereum .m2/settings.xml .gradle/gradle.properties .config/git/credentials .config/sops .config/age'
    .split(' ')
    .map((folder) => folder.split('/'));
/** Files that hold credentials, in any folder outside the worktree. */
const secretFiles =
  '.netrc _netrc .npmrc .pypirc .pgpass .my.cnf .git-credentials .vault-token .bash_history .zsh_history .python_history .psql_history .mysql_history .env .envrc .s3cfg .boto .dockercfg .yarnrc.yml .gem/credentials id_rsa id_ed25519 id_ecdsa id_dsa'
    .split(' ')
    .map((file) => file.split('/'));
const secretEndings = /^(\.env\.(?!example$|sample$|template$|dist$).+|.+\.(pem|p12|pfx|kdbx|jks|keystore|ppk))$/;
const systemSecrets =
  /^(etc\/(shadow-?|gshadow-?|sudoers(\.d\/.*)?|ssl\/private(\/.*)?|krb5\.keytab|ssh\/ssh_host_.*)|proc\/[^/]+\/(environ|mem|maps)|(var\/)?run\/secrets\/.*|var\/lib\/docker\/.*)$/;
const publicCertificates = /^(etc\/ssl\/certs|usr\/|opt\/|etc\/pki\/)/;

/** True when a resolved path outside the worktree names credentials, or may name them once its globs are expanded. */
export function isCredential(path: string, { place }: Pick<DangerWorld, 'place'>): boolean {
  const site = siteOf(path, place);
  if (site !== 'outside' && site !== 'unknown') return false;
  const plain = path.replace(/^\/+/, '').replace(/^proc\/self\/root\//, '');
  if (plain.endsWith('.pub')) return false;
  const segments = plain.split('/');
  return (
    couldBe(plain, systemSecrets) ||
    secretFolders.some((folder) => runsThrough(segments, folder)) ||
    secretFiles.some((file) => endsWith(segments, file)) ||
    hasSecretEnding(segments.at(-1) ?? '', plain)
  );
}

function hasSecretEnding(name: string, path: string): boolean {
  return hasShape(name) && secretEndings.test(name) && !publicCertificates.test(path);
}

/** A glob may find anything that fits, so a mark stands for every text of a segment. */
function couldBe(path: string, pattern: RegExp): boolean {
  if (pattern.test(path)) return true;
  if (isKnown(path) || !hasShape(path.slice(path.lastIndexOf('/') + 1))) return false;
  return ['etc/shadow', 'proc/self/environ', 'proc/1/environ'].some((secret) => fits(path, secret));
}

function runsThrough(segments: readonly string[], secret: readonly string[]): boolean {
  return segments.some((_, start) => secret.every((part, index) => segmentFits(segments[start + index], part)));
}

function endsWith(segments: readonly string[], secret: readonly string[]): boolean {
  const start = segments.length - secret.length;
  return start >= 0 && secret.every((part, index) => segmentFits(segments[start + index], part));
}

function segmentFits(segment: string | undefined, part: string): boolean {
  if (segment === undefined) return false;
  return segment === part || (hasShape(segment) && !isKnown(segment) && fits(segment, part));
}

/** Something of the name is there: a bare `*` finds too much to mean any one file. */
function hasShape(segment: string): boolean {
  return segment.replace(/[\uE000-\uE003]/g, '').length > 0;
}

function fits(marked: string, text: string): boolean {
  const parts = marked.split(/[\uE000-\uE002]+/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 's').test(text);
}

/** Words and redirections that name credentials. */
export const credentialPaths: DangerCheck = (command, world) => {
  const secret = namedPaths(command).find((path) => isCredential(path, world));
  return secret === undefined ? [] : finding('credential-read', showMarked(secret));
};

const wholeTreeReaders = new Set(
  'ln tar zip 7z 7za cp scp rsync rclone cpio pax dd rg ag restic borg duplicity'.split(' '),
);
const recursiveReaders = new Set('grep egrep fgrep cp chmod'.split(' '));

/** Programs that read everything below a folder, let loose on a home. */
export const homeReads: DangerCheck = (command, { place }) => {
  const { program, args } = command;
  if (program === null || !readsTrees(program, args)) return [];
  const secrets = [place.home, ...secretFolders.map((folder) => `${place.home}/${folder.join('/')}`)];
  const tree = namedPaths(command).find(
    (path) => secrets.some((secret) => holdsPath(path, secret)) || /^\/(root|home|Users)(\/[^/]+)?$/.test(path),
  );
  return tree === undefined ? [] : finding('credential-read', `everything below ${showMarked(tree)}`);
};

function readsTrees(program: string, args: readonly string[]): boolean {
  if (program === 'cp' || recursiveReaders.has(program)) {
    return readArguments(args).options.some(({ name }) =>
      /^(r|R|a|recursive|archive|dereference-recursive)$/.test(name),
    );
  }
  return wholeTreeReaders.has(program);
}

/** curl sends what ~/.netrc says for the host. */
export const netrc: DangerCheck = ({ program, args }) =>
  program === 'curl' && hasOption(readArguments(args, { values: curlValues }), 'n', 'netrc', 'netrc-optional')
    ? finding('credential-read', '~/.netrc')
    : [];

/** A folder of this machine that a container is given. */
export const mounts: DangerCheck = ({ program, args, cwd }, world) => {
  if (program !== 'docker') return [];
  const sources = args.flatMap(
    (word) => /^(?:-v|--volume=)?([^=:,]+):\//.exec(word)?.[1] ?? /\b(?:source|src)=([^,]+)/.exec(word)?.[1] ?? [],
  );
  const found = sources
    .map((source) => resolvePath(cwd, source))
    .find((path) => holdsPath(path, world.place.home) || isCredential(path, world));
  return found === undefined ? [] : finding('credential-read', showMarked(found));
};

/** `find` over a home that hands every file to another program. */
export const foundReads: DangerCheck = (command, { place }) => {
  if (command.program !== 'find') return [];
  const { roots, runs, isNarrow } = readFind(command);
  const root = roots.find((path) => holdsPath(path, place.home));
  return root === undefined || isNarrow || runs.length === 0
    ? []
    : finding('credential-read', `everything below ${showMarked(root)}`);
};

/** Commands that print the environment. */
export function dumpsEnvironment({ program, args, redirects }: ShellCommand): boolean {
  if (program === 'env') return args.every((word) => word.startsWith('-') || /^[A-Za-z_]\w*=/.test(word));
  if (program === 'printenv') return args.every((word) => word.startsWith('-'));
  if (program === 'set') return args.length === 0;
  if (program === 'export' || program === 'declare' || program === 'typeset')
    return args.every((word) => word.startsWith('-'));
  if (program === 'compgen') return args.some((word) => /^-[ev]/.test(word));
  return [...args, ...redirects.map(({ target }) => target)].some((word) => /^\/proc\/[^/]+\/environ$/.test(word));
}

/** The code of another language that names credentials. */
export function credentialInCode(text: string, { place }: DangerWorld): boolean {
  if (/\s/.test(text) || text.length < 4 || text.length > 400) return false;
  const path = text.startsWith('~') ? place.home + text.slice(1) : text.startsWith('/') ? text : `${anyText}/${text}`;
  const segments = text.split('/').filter((part) => part !== '');
  const isInHome = secretFolders.some(
    (folder) => folder[0]?.startsWith('.') === true && runsThrough(segments.slice(0, 3), folder),
  );
  return text.startsWith('/') || text.startsWith('~') ? isCredential(path, { place }) : isInHome;
}
