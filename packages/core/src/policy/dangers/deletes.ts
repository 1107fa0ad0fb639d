import { hasOption, readArguments } from '../shell/command-options.js';
import { readFind } from '../shell/find-arguments.js';
import { anyName, anyWords, showMarked } from '../shell/marks.js';
import { holdsPath, resolvePath, siteOf } from '../shell/paths.js';
import {
  type ChecksByProgram,
  type DangerCheck,
  type DangerFinding,
  type DangerWorld,
  finding,
} from './danger-check.js';

/** What it means that everything below a path is deleted. */
export function deleteFinding(path: string, { place }: DangerWorld): DangerFinding[] {
  switch (siteOf(path, place)) {
    case 'worktree':
    case 'content':
    case 'git':
      return finding('delete-worktree', showMarked(path));
    case 'outside':
    case 'unknown':
      return finding('delete-outside', showMarked(path));
    case 'inside':
    case 'fresh':
      return [];
  }
}

const removal: DangerCheck = ({ args, cwd }, world) => {
  const read = readArguments(args);
  const isRecursive = hasOption(read, 'r', 'R', 'recursive');
  return read.operands.flatMap((operand) => {
    const path = resolvePath(cwd, operand);
    if (isRecursive || operand.includes(anyName)) return deleteFinding(path, world);
    // Unknown words may be options, and then the known ones are what they are about.
    const others = read.operands.some((other) => other.includes(anyWords)) && !operand.includes(anyWords);
    return others && siteOf(path, world.place) === 'outside' ? deleteFinding(path, world) : [];
  });
};

const everyOperand: DangerCheck = ({ args, cwd }, world) =>
  readArguments(args, { values: 'n iterations s size' }).operands.flatMap((operand) =>
    deleteFinding(resolvePath(cwd, operand), world),
  );

const found: DangerCheck = (command, world) => {
  const { roots, deletes, isNarrow } = readFind(command);
  if (!deletes) return [];
  return roots.flatMap((root) => {
    const site = siteOf(root, world.place);
    if (site === 'worktree') return isNarrow ? [] : deleteFinding(root, world);
    return deleteFinding(root, world);
  });
};

const mirrored: DangerCheck = ({ args, cwd }, world) => {
  const read = readArguments(args, { values: 'e rsh f filter exclude include' });
  const target = read.operands.at(-1);
  if (target === undefined || !read.options.some(({ name }) => /^(delete|del$|remove-source)/.test(name))) return [];
  return /^[^/]+:/.test(target) ? finding('delete-outside', target) : deleteFinding(resolvePath(cwd, target), world);
};

/** Moving a whole tree away is as good as deleting it. */
const moved: DangerCheck = (command, { place }) => {
  const { operands } = readArguments(command.args, { values: 't target-directory S suffix' });
  return operands.slice(0, -1).flatMap((operand) => {
    const path = resolvePath(command.cwd, operand);
    const site = siteOf(path, place);
    if (site === 'worktree' || site === 'content' || site === 'git' || path.endsWith('/.git'))
      return finding('delete-worktree', showMarked(path));
    // Everything in a folder is as much as the folder.
    const whole = path.replace(/\/\uE001+$/, '') || '/';
    const isTree = [place.worktree, place.home].some((folder) => holdsPath(whole, folder)) || isTopLevel(whole);
    return isTree ? finding('delete-outside', showMarked(path)) : [];
  });
};

function isTopLevel(path: string): boolean {
  return /^\/[^/]*$/.test(path) && !path.includes(anyWords);
}

export const deleteChecks: ChecksByProgram = {
  rm: removal,
  srm: removal,
  trash: everyOperand,
  'trash-put': everyOperand,
  rimraf: everyOperand,
  'del-cli': everyOperand,
  shred: everyOperand,
  wipe: everyOperand,
  find: found,
  rsync: mirrored,
  mv: moved,
};
