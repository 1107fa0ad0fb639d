import { hasOption, readArguments } from '../shell/command-options.js';
import { readFind } from '../shell/find-arguments.js';
import { readGit } from '../shell/git-arguments.js';
import { ownEntry } from '../shell/own-entry.js';
import { siteOf } from '../shell/paths.js';
import type { ShellCommand } from '../shell/shell-command.js';
import { ownWrites } from '../shell/write-targets.js';

/** Programs that only look, whatever their options. */
const lookers = new Set(
  'ls cat head tail wc nl tac rev cut paste join comm cmp diff uniq tr column fold fmt expand od xxd hexdump strings file stat du df tree pwd basename dirname realpath readlink which whereis type whoami id groups uname date cal uptime nproc arch free ps pgrep lsof env printenv echo printf seq sleep true false : test [ grep egrep fgrep zgrep rg ag ack jq sha1sum sha256sum sha512sum md5sum cksum b2sum base64 locale getconf tty expr man help lscpu lsblk lspci vmstat ldd nm objdump size readelf jobs wait'.split(
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

/** Options that only change what a list looks like, and what is listed. */
function isListingArgument(word: string): boolean {
  return (
    !word.startsWith('-') ||
    /^--?(v+|a|r|all|show-origin|show-scope|porcelain|stat|p|name-only|(sort|format|color|column|abbrev)(=.*)?)$/.test(
      word,
    )
  );
}

type Look = (command: ShellCommand) => boolean;

/** The words that say what is to be done are among these: one word, or two. */
function firstWord(looking: RegExp): Look {
  return ({ args }) => {
    const [first = '', second = ''] = args.filter((word, index) => !word.startsWith('-') || index === 0);
    return looking.test(first) || looking.test(`${first} ${second}`);
  };
}

const looks: Readonly<Record<string, Look>> = {
  git: (command) => {
    const { verb, args, settings } = readGit(command);
    if (settings.length > 0 && verb !== 'config') return false;
    if (args.some((word) => /^(--output|--ext-diff|--textconv|--open-files-in-pager|-O)/.test(word))) return false;
    if (verb === null || gitLooks.test(verb)) return true;
    const listing = ownEntry(gitListings, verb);
    if (listing === undefined) return false;
    return args.length === 0
      ? listsAlone.has(verb)
      : listing.test(args[0] ?? '') && args.slice(1).every(isListingArgument);
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
  ss: ({ args }) => !args.some((word) => /^-\w*K|^--kill/.test(word)),
  journalctl: ({ args }) => !args.some((word) => /^--(vacuum|rotate|flush|sync|relinquish|setup)/.test(word)),
  hostname: ({ args }) => args.every((word) => word.startsWith('-')) && !args.some((word) => /^(-F|--file)/.test(word)),
  awk: ({ code, args }) =>
    !args.includes('inplace') &&
    code?.text !== null &&
    code !== undefined &&
    !/system|getline|\bprintf?\b[^;}\n]{0,200}>|\|(?!\|)|close\s*\(/.test(code.text),
  yq: ({ args }) => !args.some((word) => /^(-i|--inplace)/.test(word)),
  node: ({ args }) => /^(-v|--version)$/.test(args.join(' ')),
  npm: firstWord(/^(ls|list|view|info|outdated|explain|why|root|bin|-v|--version|help|search|audit|config get)$/),
  pip: firstWord(/^(list|show|freeze|check|--version)$/),
  docker: firstWord(
    /^(ps|images|inspect|logs|version|info|stats|top|port|diff|history|compose (ps|logs|config|images|ls|top))$/,
  ),
  kubectl: firstWord(
    /^(get|describe|logs|top|version|explain|api-resources|config (current-context|view|get-contexts))$/,
  ),
  terraform: firstWord(/^(validate|version|show|output|providers|graph)$/),
  gh: firstWord(/^(pr|issue|run|repo|release|workflow) (view|list|status|diff|checks)$/),
  systemctl: firstWord(/^(status|show|cat|list-.*|is-.*)$/),
  crontab: ({ args }) => args.join() === '-l',
  mount: ({ args }) => args.length === 0,
  python: ({ args }) => args.slice(0, 2).join(' ') === '-m json.tool' || /^(-V|--version)$/.test(args.join(' ')),
  pnpm: ({ args }) => /^(ls|list|why|outdated|-v|--version)$/.test(args[0] ?? ''),
  yarn: ({ args }) => /^(list|why|info|-v|--version)$/.test(args[0] ?? ''),
  cargo: ({ args }) => /^(tree|metadata|--version|-V|search)$/.test(args[0] ?? ''),
  go: ({ args }) => /^(version|env|list|doc)$/.test(args[0] ?? '') && !args.includes('-w'),
  command: ({ args }) => /^-[vV]$/.test(args[0] ?? ''),
};

/** True when a command changes nothing: it only looks, and writes nowhere. What it runs is asked for by itself. */
export function isReadOnly(command: ShellCommand, worktree: string): boolean {
  const { program, args } = command;
  if (program === null || ownWrites(command).some((path) => !isBin(path, worktree))) return false;
  if (command.transparent || lookers.has(program)) return true;
  if (args.length === 1 && /^(--version|-V|--help)$/.test(args[0] ?? '')) return true;
  return ownEntry(looks, program)?.(command) === true;
}

/** Where output goes to be forgotten, or to another descriptor. */
function isBin(path: string, worktree: string): boolean {
  return siteOf(path, { worktree }) === 'outside' && /^\/dev\/(null|stdout|stderr|tty|fd\/\d+)$/.test(path);
}
