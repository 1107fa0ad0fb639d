import { optionValues, readArguments } from '../shell/command-options.js';
import { anyText } from '../shell/marks.js';
import type { ShellCommand } from '../shell/shell-command.js';
import type { InnerRun } from './inner-run.js';

const globalValues =
  'H host c context l log-level config tlscacert f file p project-name profile env-file project-directory ansi progress';
const runValues =
  'a attach add-host annotation blkio-weight cap-add cap-drop cgroup-parent cgroupns cidfile cpu-period cpu-quota c cpu-shares cpus cpuset-cpus device dns dns-search e env env-file entrypoint expose gpus group-add health-cmd h hostname ip ipc isolation l label label-file link log-driver log-opt mac-address m memory memory-swap mount name network net network-alias oom-score-adj pid pids-limit platform p publish pull restart runtime security-opt shm-size stop-signal stop-timeout storage-opt sysctl tmpfs ulimit u user userns uts v volume volume-driver volumes-from w workdir detach-keys index scale';

/** What `docker run`, `docker exec` and `docker compose run|exec` run. Where it runs is the container's affair. */
export function containerRuns({ program, args }: ShellCommand): InnerRun[] {
  if (program !== 'docker') return [];
  const verbs: string[] = [];
  let rest = args;
  while (verbs.length < 2) {
    const [verb, ...more] = readArguments(rest, { values: globalValues, stopAtOperand: true }).operands;
    if (verb === undefined) return [];
    verbs.push(verb);
    rest = more;
    if (verb !== 'compose' && verb !== 'container') break;
  }
  const verb = verbs.at(-1) ?? '';
  if (!['run', 'exec', 'create'].includes(verb)) return [];
  return insideContainer(`docker ${verbs.join(' ')}`, rest);
}

function insideContainer(label: string, rest: readonly string[]): InnerRun[] {
  const read = readArguments(rest, { values: runValues, stopAtOperand: true });
  const words = [...optionValues(read, 'entrypoint'), ...read.operands.slice(1)];
  if (words.length === 0) return [];
  const run = { kind: 'words', label, cwd: anyText } as const;
  const last = read.options.at(-1);
  const isDoubtful = last?.value === null && words.length > 1;
  return [{ ...run, words }, ...(isDoubtful ? [{ ...run, words: words.slice(1), guessed: true }] : [])];
}

const sshValues = 'b c D E e F I i J L l m O o p Q R S W w B P';

/** What `ssh host …` runs over there, its options and its input included. */
export function remoteRuns({ program, args, input }: ShellCommand): InnerRun[] {
  if (program !== 'ssh' && program !== 'mosh' && program !== 'autossh') return [];
  const read = readArguments(args, { values: sshValues, stopAtOperand: true });
  const own = optionValues(read, 'o').flatMap((option): InnerRun[] => {
    const text = /^\s*(?:proxycommand|localcommand|knownhostscommand)[\s=]+(.+)$/is.exec(option)?.[1];
    return text === undefined || text === 'none' ? [] : [{ kind: 'script', label: 'ssh -o', text }];
  });
  const [host, ...rest] = read.operands;
  if (host === undefined) return own;
  const words = rest[0] === '--' ? rest.slice(1) : rest;
  const text = words.length > 0 ? words.join(' ') : input.kind === 'text' ? input.text : '';
  return text === '' ? own : [...own, { kind: 'script', label: 'ssh', text, cwd: anyText, mayBeUnknown: true }];
}
