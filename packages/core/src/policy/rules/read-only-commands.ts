import { hasOption, readArguments } from '../shell/command-options.js';
import { readFind } from '../shell/find-arguments.js';
import { readGit } from '../shell/git-arguments.js';
import { ownEntry } from '../shell/own-entry.js';
import { siteOf } from '../shell/paths.js';
import type { ShellCommand } from '../shell/shell-command.js';
import { writeTargets } from '../shell/write-targets.js';

/** Programs that only look, whatever their options. */
const lookers = new Set(
  'ls cat head tail wc nl tac rev cut paste join comm cmp diff uniq tr column fold fmt expand od xxd hexdump strings file stat du df tree pwd basename dirname realpath readlink which whereis type whoami id groups uname hostname date cal uptime nproc arch free ps pgrep lsof env printenv echo printf seq sleep true false : test [ grep egrep fgrep zgrep rg ag ack jq sha1sum sha256sum sha512sum md5sum cksum b2sum base64 locale getconf tty expr man help history ldd nm objdump size readelf jobs wait'.split(
    ' ',
  ),
);
const gitLooks =
  /^(status|log|diff|show|blame|annotate|ls-files|ls-tree|rev-parse|rev-list|describe|shortlog|cat-file|grep|merge-base|name-rev|for-each-ref|show-ref|diff-tree|diff-index|diff-files|range-diff|whatchanged|cherry|count-objects|check-ignore|check-attr|var|version|help|show-branch|verify-commit)$/;
/** Commands of git that look only with these first words, or with none. */
const gitListings: Readonly<Record<string, RegExp>> = {
  branch: /^(-a|-r|-v+|--list|--show-current|--all|--contains|--merged|--no-merged)$/,
  tag: /^(-l|-n\d*|--list|--contains|--sort.*)$/,
  remote: /^(-v|show|get-url)$/,
  stash: /^(list|show)$/,
  worktree: /^list$/,
  reflog: /^(show|exists)$/,
  config: /^(--get.*|-l|--list|get|list)$/,
  submodule: /^(status|summary)$/,
  notes: /^(list|show)$/,
  bisect: /^(log|view)$/,
};
/** Commands that list nothing but themselves when they stand alone. */
const listsAlone = new Set(['branch', 'tag', 'remote', 'reflog', 'submodule', 'notes']);

type Look = (command: ShellCommand) => boolean;

const looks: Readonly<Record<string, Look>> = {
  git: (command) => {
    const { verb, args, settings } = readGit(command);
    if (settings.length > 0 && verb !== 'config') return false;
    if (args.some((word) => /^(--output|--ext-diff|--textconv|--open-files-in-pager|-O)/.test(word))) return false;
    if (verb === null || gitLooks.test(verb)) return true;
    const listing = ownEntry(gitListings, verb);
    return listing !== undefined && (args.length === 0 ? listsAlone.has(verb) : listing.test(args[0] ?? ''));
  },
  find: (command) => {
    const { deletes } = readFind(command);
    return !deletes && !command.args.some((word) => /^-(fprintf?|fprint0|fls|ok(dir)?)$/.test(word));
  },
  fd: () => true,
  sort: ({ args }) => !hasOption(readArguments(args, { values: 'k t S T o' }), 'o', 'output'),
  sed: ({ args, code }) =>
    !hasOption(readArguments(args, { values: 'e f l', attached: 'i' }), 'i', 'in-place', 's') &&
    /^[\d,$p;dqn ~+]*$|^s(.)(?:(?!\1)[^\\]|\\.)*\1(?:(?!\1)[^\\]|\\.)*\1[gpiI\d]*$/.test(code?.text ?? ''),
  awk: ({ code }) =>
    code?.text !== null && code !== undefined && !/system|getline|>|\|(?!\|)|close\s*\(/.test(code.text),
  yq: ({ args }) => !args.some((word) => /^(-i|--inplace)/.test(word)),
  node: ({ args }) => /^(-v|--version)$/.test(args.join(' ')),
  npm: ({ args }) => /^(ls|list|view|info|outdated|explain|why|root|bin|-v|--version|help|search)$/.test(args[0] ?? ''),
  pnpm: ({ args }) => /^(ls|list|why|outdated|-v|--version)$/.test(args[0] ?? ''),
  yarn: ({ args }) => /^(list|why|info|-v|--version)$/.test(args[0] ?? ''),
  cargo: ({ args }) => /^(tree|metadata|--version|-V|search)$/.test(args[0] ?? ''),
  go: ({ args }) => /^(version|env|list|doc)$/.test(args[0] ?? '') && !args.includes('-w'),
  command: ({ args }) => /^-[vV]$/.test(args[0] ?? ''),
};

/** True when a command changes nothing: it only looks, and writes nowhere. What it runs is asked for by itself. */
export function isReadOnly(command: ShellCommand, worktree: string): boolean {
  const { program, args } = command;
  if (program === null || writeTargets(command).some((path) => !isBin(path, worktree))) return false;
  if (command.transparent || lookers.has(program)) return true;
  if (args.length === 1 && /^(--version|-V|--help)$/.test(args[0] ?? '')) return true;
  return ownEntry(looks, program)?.(command) === true;
}

/** Where output goes to be forgotten, or to another descriptor. */
function isBin(path: string, worktree: string): boolean {
  return siteOf(path, { worktree }) === 'outside' && /^\/dev\/(null|stdout|stderr|tty|fd\/\d+)$/.test(path);
}
