import { readArguments } from './command-options.js';
import { resolvePath } from './paths.js';
import type { ShellCommand } from './shell-command.js';

export interface GitArguments {
  /** The command: `push`. Null when there is none. */
  verb: string | null;
  args: readonly string[];
  /** What `-c` and `git config` set, keys in lower case but for their middle part. */
  settings: readonly { key: string; value: string }[];
  /** The folder it works in. */
  cwd: string;
  /** Options before the command other than those that only say where or how to print. */
  isPlain: boolean;
}

const globalValues = 'C c git-dir work-tree namespace exec-path super-prefix config-env attr-source';

/** Reads `git` and the options before its command. */
export function readGit({ args, cwd }: ShellCommand): GitArguments {
  const { options, operands } = readArguments(args, { values: globalValues, stopAtOperand: true });
  const [verb = null, ...rest] = operands;
  const given = options.flatMap(({ name, value }) => (name === 'c' && value !== null ? [readSetting(value)] : []));
  return {
    verb,
    args: rest,
    settings: [...given, ...(verb === 'config' ? configured(rest) : []), ...(verb === 'clone' ? cloned(rest) : [])],
    cwd: options.reduce((folder, { name, value }) => (name === 'C' ? resolvePath(folder, value ?? '.') : folder), cwd),
    isPlain: options.every(({ name }) =>
      ['C', 'no-pager', 'P', 'no-optional-locks', 'literal-pathspecs'].includes(name),
    ),
  };
}

function readSetting(text: string): { key: string; value: string } {
  const equals = text.indexOf('=');
  return equals < 0
    ? { key: keyOf(text), value: 'true' }
    : { key: keyOf(text.slice(0, equals)), value: text.slice(equals + 1) };
}

/** Section and name do not tell upper from lower case. */
function keyOf(key: string): string {
  const [section = '', ...rest] = key.split('.');
  const name = rest.pop() ?? '';
  return [section.toLowerCase(), ...rest, name.toLowerCase()].join('.');
}

function configured(args: readonly string[]): { key: string; value: string }[] {
  const { operands } = readArguments(args, { values: 'f file blob type default' });
  const words = operands[0] === 'set' ? operands.slice(1) : operands;
  const [key, value] = words;
  return key === undefined || value === undefined || !key.includes('.') ? [] : [{ key: keyOf(key), value }];
}

function cloned(args: readonly string[]): { key: string; value: string }[] {
  const { options } = readArguments(args, { values: 'c config b branch o origin depth u upload-pack' });
  return options.flatMap(({ name, value }) =>
    /^(c|config)$/.test(name) && value !== null ? [readSetting(value)] : [],
  );
}

const commandKeys =
  /^(core\.(pager|editor|sshcommand|askpass|fsmonitor|gitproxy|alternaterefscommand)|sequence\.editor|gpg\.(.+\.)?program|pager\..+|filter\..+\.(clean|smudge|process)|diff\..+\.(command|textconv)|diff\.external|merge\..+\.driver|(diff|merge)tool\..+\.cmd|interactive\.difffilter|uploadpack\.packobjectshook|remote\..+\.(uploadpack|receivepack)|sendemail\..+cmd|browser\..+\.cmd|man\..+\.cmd|trailer\..+\.(command|cmd)|credential(\..+)?\.helper)$/;
const switches = /^(true|false|yes|no|on|off|0|1|cache|store|manager)$/i;

/** A key of git's configuration whose value git runs. */
export function commandKey(key: string): boolean {
  return commandKeys.test(key);
}

/** A setting that makes git run something whenever it is used from then on. */
export function runsLater({ key, value }: { key: string; value: string }): boolean {
  if (/^(core\.hookspath|include\.path|includeif\..+\.path|core\.worktree|init\.templatedir)$/.test(key)) return true;
  if (key.startsWith('alias.')) return value.startsWith('!');
  return commandKey(key) && !switches.test(value);
}
