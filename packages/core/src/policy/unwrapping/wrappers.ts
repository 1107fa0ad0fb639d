import { hasOption, type OptionSpec, type ReadArguments, readArguments } from '../shell/command-options.js';
import { ownEntry } from '../shell/own-entry.js';
import type { ShellAssignment, ShellCommand } from '../shell/shell-command.js';
import type { InnerRun } from './inner-run.js';

/** A program whose last arguments are another command. */
interface Wrapper extends OptionSpec {
  /** Words before the command that are not options: a duration, a lock file. */
  operands?: number;
  /** Assignments may stand before the command. */
  assigns?: boolean;
  /** The command stands after `--`, whatever stands before. */
  dashed?: boolean;
  /** With one of these nothing is run. */
  looksOnly?: string;
  /** It changes who runs the command, or what: it is judged itself, too. */
  isMore?: boolean;
}

/** By program, or by program and its first word. */
const wrappers: Readonly<Record<string, Wrapper>> = {
  command: { looksOnly: 'v V' },
  builtin: {},
  exec: { values: 'a' },
  nohup: {},
  setsid: {},
  time: { values: 'o f output format' },
  nice: { values: 'n adjustment' },
  ionice: { values: 'c class n classdata' },
  timeout: { values: 'k kill-after s signal', operands: 1 },
  stdbuf: { values: 'i o e input output error' },
  chrt: { values: 'T P D sched-runtime sched-period sched-deadline', operands: 1 },
  taskset: { operands: 1 },
  flock: { values: 'w wait timeout E conflict-exit-code c command', operands: 1 },
  unbuffer: {},
  logsave: { operands: 1 },
  pexec: {},
  eatmydata: {},
  nocache: {},
  torsocks: {},
  proxychains: { values: 'f' },
  proxychains4: { values: 'f' },
  'systemd-cat': { values: 't identifier p priority' },
  'systemd-inhibit': {},
  envdir: { operands: 1 },
  setlock: { operands: 1 },
  cgexec: { values: 'g' },
  tini: {},
  'dumb-init': {},
  arch: {},
  xcrun: { values: 'sdk', isMore: true },
  sshpass: { values: 'p f d P', isMore: true },
  chpst: { values: 'u U e b n m d o p f c r t /', isMore: true },
  setuidgid: { operands: 1, isMore: true },
  'aws-vault exec': { operands: 1, dashed: true, isMore: true },
  chronic: {},
  caffeinate: { values: 't w' },
  cpulimit: { values: 'l limit p pid e exe' },
  prlimit: { values: 'p pid' },
  numactl: {},
  setarch: { operands: 1 },
  linux64: {},
  linux32: {},
  choom: { values: 'n adjust p pid' },
  faketime: { operands: 1 },
  rlwrap: { values: 'C f H s' },
  tsp: {},
  sem: { values: 'j jobs id' },
  entr: {},
  watchexec: { values: 'e exts w watch i ignore f filter s signal d debounce shell', isMore: true },
  'xvfb-run': { values: 'n server-num s server-args e error-file f auth-file' },
  'dbus-run-session': { values: 'config-file dbus-daemon' },
  strace: { values: 'e o s p u a b I O P S E X', isMore: true },
  ltrace: { values: 'e o s p u a n l x', isMore: true },
  valgrind: { isMore: true },
  gdb: { values: 'ex x p pid eval-command command', isMore: true },
  'perf stat': { values: 'e event o output r repeat', isMore: true },
  'perf record': { values: 'e event o output F freq', isMore: true },
  fakeroot: { values: 'l lib f faked s i b' },
  fakechroot: { values: 'l lib' },
  proot: { values: 'r rootfs b bind w cwd q qemu', isMore: true },
  firejail: { isMore: true },
  bwrap: { isMore: true },
  unshare: { values: 'S setuid G setgid R root w wd map-user map-group', isMore: true },
  nsenter: { values: 't target S setuid G setgid', isMore: true },
  chroot: { values: 'userspec groups', operands: 1, isMore: true },
  'systemd-run': { values: 'u unit p property slice uid gid M machine description E setenv H host', isMore: true },
  setpriv: { isMore: true },
  runcon: { values: 't type u user r role l range', operands: 1, isMore: true },
  capsh: { isMore: true },
  sudo: {
    values: 'u user g group h host p prompt C close-from r role t type T command-timeout D chdir R chroot U other-user',
    assigns: true,
    isMore: true,
  },
  doas: { values: 'u C', assigns: true, isMore: true },
  pkexec: { values: 'user', isMore: true },
  gosu: { operands: 1, isMore: true },
  'su-exec': { operands: 1, isMore: true },
  runuser: { values: 'u user g group G supp-group c command s shell', isMore: true },
  busybox: { looksOnly: 'list help' },
  toybox: {},
  'cross-env': { assigns: true },
  screen: { values: 'S c e h p s t T L', isMore: true },
  'direnv exec': { operands: 1 },
  'poetry run': {},
  'pipenv run': {},
  'pdm run': {},
  'hatch run': {},
  'rye run': {},
  'pixi run': {},
  'uv run': { values: 'with p python extra group env-file project directory package' },
  'conda run': { values: 'n name p prefix cwd' },
  'mise exec': {},
  'mise x': {},
  'asdf exec': {},
  'rbenv exec': {},
  'pyenv exec': {},
  'nodenv exec': {},
  'bundle exec': {},
  'dotenv run': {},
  'op run': { values: 'env-file account' },
  'doppler run': { values: 'p project c config' },
  'nix shell': { values: 'c command', isMore: true },
  'nix develop': { isMore: true },
  'npm exec': { values: 'p package c call w workspace', dashed: true, isMore: true },
  'npm x': { values: 'p package c call w workspace', dashed: true, isMore: true },
  'pnpm exec': { isMore: true },
  'pnpm dlx': { values: 'package', isMore: true },
  'yarn exec': { isMore: true },
  'yarn dlx': { values: 'p package', isMore: true },
  'bun x': { isMore: true },
  corepack: { isMore: true },
  npx: { values: 'p package c call w workspace', isMore: true },
  uvx: { values: 'from with p python', isMore: true },
  'uv tool': { operands: 1, isMore: true },
  'pipx run': { values: 'spec', isMore: true },
  'kubectl exec': { values: 'c container n namespace', operands: 1, dashed: true, isMore: true },
  'heroku run': { values: 'a app s size', isMore: true },
  'lxc exec': { operands: 1, dashed: true, isMore: true },
  'multipass exec': { operands: 1, isMore: true },
  'limactl shell': { operands: 1, isMore: true },
};

/** Options that stand before the first word of a program that has such words. */
const globalValues: Readonly<Record<string, string>> = {
  kubectl: 'n namespace context kubeconfig cluster user s server',
  npm: 'prefix w workspace',
  pnpm: 'C dir filter F',
  yarn: 'cwd',
  uv: 'directory project',
  nix: 'extra-experimental-features experimental-features',
};

interface Found {
  label: string;
  wrapper: Wrapper;
  rest: readonly string[];
}

/** The wrapper a command is, with the arguments that follow its name. */
function findWrapper({ program, args }: ShellCommand): Found | null {
  if (program === null) return null;
  const plain = ownEntry(wrappers, program);
  if (plain !== undefined) return { label: program, wrapper: plain, rest: args };
  const values = ownEntry(globalValues, program) ?? '';
  const { operands } = readArguments(args, { values, stopAtOperand: true });
  const label = `${program} ${operands[0]}`;
  const wrapper = ownEntry(wrappers, label);
  return wrapper === undefined ? null : { label, wrapper, rest: operands.slice(1) };
}

/** What a wrapper runs. Null when the command is none. */
export function wrappedRuns(command: ShellCommand): { runs: InnerRun[]; passes: boolean } | null {
  const found = findWrapper(command);
  if (found === null) return null;
  const { label, wrapper, rest } = found;
  const passes = wrapper.isMore !== true;
  const read = readArguments(rest, { ...wrapper, stopAtOperand: true });
  if (hasOption(read, ...(wrapper.looksOnly ?? '').split(' '))) return { runs: [], passes: false };
  const { assignments, words } = wrappedWords(found, read);
  if (words.length === 0) return { runs: [], passes };
  const runs: InnerRun[] = [
    { kind: 'words', label, words, assignments, guessed: !passes && isRunnerOfPackages(label) },
  ];
  // An option that this table does not know may have taken the first word for itself.
  const isDoubtful = read.options.at(-1)?.value === null && words.length > 1;
  if (isDoubtful) runs.push({ kind: 'words', label, words: words.slice(1), guessed: true });
  return { runs, passes };
}

function wrappedWords(
  { wrapper, rest }: Found,
  { operands }: ReadArguments,
): { assignments: ShellAssignment[]; words: readonly string[] } {
  const dashes = wrapper.dashed === true ? rest.indexOf('--') : -1;
  const words = dashes >= 0 ? rest.slice(dashes + 1) : withoutDashes(operands.slice(wrapper.operands ?? 0));
  return wrapper.assigns === true ? splitAssignments(words) : { assignments: [], words };
}

/** The words after `exec`, `dlx` and so on name a package's program, which is installed first. */
function isRunnerOfPackages(label: string): boolean {
  return /^(corepack|npx|uvx|npm|pnpm|yarn|bun|uv|pipx)\b/.test(label);
}

function withoutDashes(words: readonly string[]): readonly string[] {
  return words[0] === '--' ? words.slice(1) : words;
}

/** The assignments before the words of a command. */
export function splitAssignments(words: readonly string[]): { assignments: ShellAssignment[]; words: string[] } {
  const start = words.findIndex((word) => !/^[A-Za-z_]\w*=/.test(word));
  const end = start < 0 ? words.length : start;
  const assignments = words.slice(0, end).map((word) => {
    const equals = word.indexOf('=');
    return { name: word.slice(0, equals), value: word.slice(equals + 1) };
  });
  return { assignments, words: words.slice(end) };
}
