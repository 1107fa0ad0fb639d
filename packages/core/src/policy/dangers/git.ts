import { hasOption, type ReadArguments, readArguments } from '../shell/command-options.js';
import { readGit, runsLater } from '../shell/git-arguments.js';
import { anyName, isKnown } from '../shell/marks.js';
import { ownEntry } from '../shell/own-entry.js';
import { resolvePath, siteOf } from '../shell/paths.js';
import { type ChecksByProgram, type DangerFinding, type DangerWorld, finding } from './danger-check.js';

interface GitUse {
  args: readonly string[];
  read: ReadArguments;
  cwd: string;
  world: DangerWorld;
  settings: readonly { key: string; value: string }[];
}

type VerbCheck = (use: GitUse) => readonly DangerFinding[];

const shared = /^(refs\/heads\/)?(main|master|trunk|develop|development|production|release.*)$/;

const lost = (detail: string): DangerFinding[] => finding('lose-work', detail);
const when = (condition: boolean, findings: readonly DangerFinding[]): readonly DangerFinding[] =>
  condition ? findings : [];

const push: VerbCheck = ({ args, read }) => {
  if (hasOption(read, 'f', 'force', 'force-with-lease', 'force-if-includes', 'mirror', 'd', 'delete', 'prune')) {
    return finding('force-push', 'it forces, mirrors or deletes');
  }
  const refspec = args.find((word, index) => index > 0 && /^[+:]./.test(word));
  return refspec === undefined ? finding('push', 'git push') : finding('force-push', refspec);
};

/** A pathspec that stands for more than one file. */
function isBroad(operand: string, { cwd, world }: GitUse): boolean {
  if (/^(\*|:\/?|:\(top\).*|\.\/?|.*\/)$/.test(operand) || operand.includes('*') || operand.includes(anyName))
    return true;
  if (!isKnown(operand)) return false;
  const site = siteOf(resolvePath(cwd, operand), world.place);
  return site === 'worktree' || site === 'content';
}

const checkout: VerbCheck = (use) => {
  const { args, read } = use;
  if (hasOption(read, 'f', 'force')) return lost('git checkout --force');
  const separator = args.indexOf('--');
  const pathspecs = separator >= 0 ? args.slice(separator + 1) : read.operands;
  const broad = pathspecs.find((word) =>
    separator >= 0 ? isBroad(word, use) : /^(\.\/?|:\/|\*)$/.test(word) || isBroadPath(word, use),
  );
  return when(broad !== undefined, lost(`git checkout of ${broad === anyName ? '*' : broad}`));
};

/** Without `--` an operand may also be a branch: only what cannot be one counts. */
function isBroadPath(word: string, use: GitUse): boolean {
  return (word.includes(anyName) || word.startsWith('..') || word.startsWith('/')) && isBroad(word, use);
}

const restore: VerbCheck = (use) => {
  const { read } = use;
  const onlyIndex = hasOption(read, 'S', 'staged') && !hasOption(read, 'W', 'worktree');
  const broad = read.operands.find((word) => isBroad(word, use));
  return when(!onlyIndex && broad !== undefined, lost(`git restore of ${broad}`));
};

const clean: VerbCheck = ({ read, settings }) => {
  if (hasOption(read, 'n', 'dry-run')) return [];
  const unforced = settings.some(({ key, value }) => key === 'clean.requireforce' && value !== 'true');
  return when(unforced || hasOption(read, 'f', 'force'), lost('git clean'));
};

const branch: VerbCheck = ({ read }) => {
  const deletes = hasOption(read, 'd', 'delete');
  const forces = hasOption(read, 'f', 'force');
  if (hasOption(read, 'D') || (deletes && forces)) return lost(`git branch -D ${read.operands.join(' ')}`);
  const moves = forces || hasOption(read, 'M', 'C');
  return when(
    moves && read.operands.some((name) => shared.test(name)),
    finding('rewrite-history', 'git branch --force'),
  );
};

const stash: VerbCheck = ({ args }) => when(args[0] === 'drop' || args[0] === 'clear', lost(`git stash ${args[0]}`));

const rebase: VerbCheck = ({ read }) => {
  const rebased = read.operands[1];
  return when(rebased !== undefined && shared.test(rebased), finding('rewrite-history', `git rebase of ${rebased}`));
};

const updateRef: VerbCheck = ({ read }) => {
  if (hasOption(read, 'd', 'delete') || hasOption(read, 'stdin')) return lost('git update-ref');
  return when(shared.test(read.operands[0] ?? ''), finding('rewrite-history', 'git update-ref'));
};

const rewritten: VerbCheck = () => finding('rewrite-history', 'every commit gets another name');

const verbChecks: Readonly<Record<string, VerbCheck>> = {
  push,
  'send-pack': push,
  'http-push': push,
  lfs: ({ args }) => when(args[0] === 'push', finding('push', 'git lfs push')),
  subtree: ({ args }) => when(args.includes('push'), finding('push', 'git subtree push')),
  svn: ({ args }) => when(args[0] === 'dcommit', finding('push', 'git svn dcommit')),
  p4: ({ args }) => when(args[0] === 'submit', finding('push', 'git p4 submit')),
  'filter-branch': rewritten,
  'filter-repo': rewritten,
  'fast-import': rewritten,
  replace: rewritten,
  rebase,
  reset: ({ read }) => when(hasOption(read, 'hard'), lost('git reset --hard')),
  clean,
  checkout,
  restore,
  switch: ({ read }) =>
    when(hasOption(read, 'f', 'force', 'discard-changes', 'C', 'force-create'), lost('git switch --discard-changes')),
  stash,
  branch,
  reflog: ({ args }) => when(args[0] === 'expire' || args[0] === 'delete', lost(`git reflog ${args[0]}`)),
  gc: ({ read }) =>
    when(
      read.options.some(({ name, value }) => name === 'prune' && value !== null && value !== 'never'),
      lost('git gc --prune'),
    ),
  prune: ({ read }) => when(!hasOption(read, 'n', 'dry-run'), lost('git prune')),
  worktree: ({ args, read }) =>
    when(args[0] === 'remove' && hasOption(read, 'f', 'force'), lost('git worktree remove --force')),
  'update-ref': updateRef,
  'checkout-index': ({ read }) => when(hasOption(read, 'f', 'force'), lost('git checkout-index --force')),
  'read-tree': ({ read }) => when(hasOption(read, 'reset', 'u'), lost('git read-tree')),
  rm: (use) => {
    const broad = use.read.operands.find((word) => isBroad(word, use) && !/[^/]\/$/.test(word));
    return when(
      !hasOption(use.read, 'cached') && broad !== undefined && hasOption(use.read, 'r'),
      lost('git rm of everything'),
    );
  },
  submodule: ({ args, read }) =>
    when(args[0] === 'deinit' && hasOption(read, 'f', 'force'), lost('git submodule deinit')),
  credential: ({ args }) => when(args[0] === 'fill', finding('credential-read', 'git credential fill')),
};

/** Options that take a value, of those commands that have any that matter here. */
const valueOptions: Readonly<Record<string, string>> = {
  push: 'o push-option receive-pack exec repo',
  clean: 'e exclude',
  checkout: 'b B orphan conflict',
  switch: 'c orphan conflict',
  restore: 's source pathspec-from-file conflict',
  branch: 'u set-upstream-to sort format',
  rebase: 'onto x exec s strategy X strategy-option',
  'update-ref': 'm',
};

export const gitChecks: ChecksByProgram = {
  git: (command, world) => {
    const { verb, args, settings, cwd } = readGit(command);
    const later = verb === 'config' || verb === 'clone' ? settings.filter(runsLater) : [];
    const hooks = later.flatMap(({ key }) => finding('git-hooks', key));
    if (verb === null) return hooks;
    if (!isKnown(verb)) return [...hooks, ...finding('unparsed', "which of git's commands it is")];
    const check = ownEntry(verbChecks, verb);
    if (check === undefined) return hooks;
    const read = readArguments(args, { values: valueOptions[verb] ?? '' });
    return [...hooks, ...check({ args, read, cwd, world, settings })];
  },
  bfg: rewrittenByTool,
  jj: ({ args }) => when(args.includes('push'), finding('push', 'jj git push')),
  hg: ({ args }) => when(args[0] === 'push', finding('push', 'hg push')),
};

function rewrittenByTool(): DangerFinding[] {
  return finding('rewrite-history', 'every commit gets another name');
}
