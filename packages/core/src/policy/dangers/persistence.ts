import { hasOption, readArguments } from '../shell/command-options.js';
import { showMarked } from '../shell/marks.js';
import { resolvePath, siteOf } from '../shell/paths.js';
import type { ShellCommand } from '../shell/shell-command.js';
import { writeTargets } from '../shell/write-targets.js';
import { type DangerCheck, type DangerFinding, type DangerWorld, finding } from './danger-check.js';

/** Below any home: what a login, a desktop or a program runs or obeys later. */
const homeFiles =
  /^(\.(bashrc|bash_profile|bash_login|bash_logout|bash_aliases|profile|zshrc|zprofile|zshenv|zlogin|zlogout|kshrc|cshrc|tcshrc|login|inputrc|xinitrc|xsession|xprofile|pam_environment|gitconfig|vimrc|emacs|gdbinit|npmrc|curlrc|wgetrc|screenrc|tmux\.conf)|\.ssh\/.*|\.config\/(fish|autostart|systemd|git|environment\.d|nvim|plasma-workspace)\/.*|\.local\/(bin|share\/(applications|systemd))\/.*|bin\/.*|Library\/LaunchAgents\/.*|\.vim\/.*|\.emacs\.d\/.*)$/;
const systemFolders =
  /^\/$|^\/(etc|usr|bin|sbin|lib\w*|boot|Library|System|var\/spool\/(cron|at)|var\/lib\/systemd|Applications)(\/|$)/;
const anyHome = /^\/(?:root|(?:home|Users)\/[^/]+)\/(.+)$/;
/** A repository's own files, also where they lie outside the worktree. */
const repositoryFiles =
  /(^|\/)(\.git|[^/]+\.git)\/(.*\/)?(hooks(\/.*)?|config(\.worktree)?|info\/attributes|modules\/.*)$/;

/** What it means that a file is written. */
export function writeFinding(path: string, { place }: Pick<DangerWorld, 'place'>): DangerFinding[] {
  const site = siteOf(path, place);
  if (site === 'git' || repositoryFiles.test(path)) return finding('git-hooks', showMarked(path));
  if (site !== 'outside' && site !== 'unknown') return [];
  const below = path.startsWith(`${place.home}/`) ? path.slice(place.home.length + 1) : anyHome.exec(path)?.[1];
  const runsLater = systemFolders.test(path) || (below !== undefined && homeFiles.test(below));
  return runsLater ? finding('persistence', showMarked(path)) : [];
}

export const persistentWrites: DangerCheck = (command, world) => {
  const removed = removedFiles(command).filter((path) => systemFolders.test(path));
  return [...writeTargets(command), ...removed].flatMap((path) => writeFinding(path, world));
};

/** Single files; that whole folders are deleted is another danger. */
function removedFiles({ program, args, cwd }: ShellCommand): string[] {
  if (program !== 'rm' && program !== 'unlink') return [];
  const read = readArguments(args);
  return hasOption(read, 'r', 'R', 'recursive') ? [] : read.operands.map((path) => resolvePath(cwd, path));
}
