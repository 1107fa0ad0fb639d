import { optionValues, readArguments } from '../shell/command-options.js';
import { commandKey, readGit } from '../shell/git-arguments.js';
import { ownEntry } from '../shell/own-entry.js';
import type { ShellCommand } from '../shell/shell-command.js';
import type { InnerRun } from './inner-run.js';

/** Options of git's commands whose value a shell runs. */
const scriptOptions: Readonly<Record<string, string>> = {
  rebase: 'x exec',
  difftool: 'x extcmd',
  grep: 'O open-files-in-pager',
  'filter-branch': 'env-filter tree-filter index-filter parent-filter msg-filter commit-filter tag-name-filter setup',
  fetch: 'upload-pack',
  clone: 'u upload-pack',
  'ls-remote': 'upload-pack exec',
  push: 'receive-pack exec',
  archive: 'exec',
};

/** What git is told to run, by options, by its configuration or by an alias. */
export function gitRuns(command: ShellCommand): InnerRun[] {
  if (command.program !== 'git') return [];
  const { verb, args, settings } = readGit(command);
  const values = ownEntry(scriptOptions, verb) ?? '';
  const texts = optionValues(readArguments(args, { values }), ...values.split(' '));
  return [
    ...settings.flatMap((setting) => settingRun(setting, { verb, args })),
    ...texts.map((text) => script(`git ${verb}`, text)),
    ...verbRuns(verb, args),
    ...args.flatMap((word) => (word.startsWith('ext::') ? [script('git ext::', word.slice(5))] : [])),
  ];
}

const script = (label: string, text: string): InnerRun => ({ kind: 'script', label, text });

function verbRuns(verb: string | null, args: readonly string[]): InnerRun[] {
  if (verb === 'bisect' && args[0] === 'run') return [{ kind: 'words', label: 'git bisect run', words: args.slice(1) }];
  if (verb === 'submodule' && args.includes('foreach')) {
    const rest = args.slice(args.indexOf('foreach') + 1).filter((word) => word !== '--recursive' && word !== '--quiet');
    return rest.length === 0 ? [] : [script('git submodule foreach', rest.join(' '))];
  }
  return [];
}

function settingRun(
  { key, value }: { key: string; value: string },
  { verb, args }: { verb: string | null; args: readonly string[] },
): InnerRun[] {
  const label = `git ${key}`;
  if (!key.startsWith('alias.'))
    return commandKey(key) && /\S/.test(value) ? [script(label, value.replace(/^!/, ''))] : [];
  if (value.startsWith('!'))
    return [script(label, `${value.slice(1)} ${key === `alias.${verb}` ? args.join(' ') : ''}`)];
  return [{ kind: 'script', label, text: `git ${value}` }];
}
