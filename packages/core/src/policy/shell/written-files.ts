import { optionValues, readArguments } from './command-options.js';
import { outputTarget } from './known-output.js';
import { isKnown } from './marks.js';
import { ownEntry } from './own-entry.js';
import { resolvePath } from './paths.js';
import type { ShellCommand } from './shell-command.js';
import type { ShellScope, WrittenFile } from './shell-scope.js';

interface Write {
  command: ShellCommand;
  /** Itself and what it ran. */
  commands: readonly ShellCommand[];
  /** What it printed, where known. */
  printed: string | null;
}

/** Notes what a command writes to files, so that a later command of the line that runs one is judged by what is in it. */
export function rememberWrites(write: Write, scope: ShellScope): void {
  const { command, printed } = write;
  const target = outputTarget(command);
  if (target !== undefined)
    remember(write, scope, { path: target.target, text: printed, appends: target.operator.includes('>>') });
  ownEntry(writers, command.program)?.(write, scope);
}

/** The file that a downloading command writes: also asked by the deny table. */
export function downloadTargets({ program, args }: ShellCommand): string[] {
  const isCurl = program === 'curl';
  const read = readArguments(args, { values: isCurl ? curlValues : wgetValues });
  const named = optionValues(read, ...(isCurl ? ['o', 'output'] : ['O', 'output-document']));
  if (named.length > 0) return named;
  const isNamedByUrl = !isCurl || read.options.some(({ name }) => /^(O|J|remote-name(-all)?)$/.test(name));
  return isNamedByUrl ? read.operands.map((url) => /\/([^/?#]+)([?#].*)?$/.exec(url)?.[1] ?? 'index.html') : [];
}

export const curlValues =
  'A b c C d D e E F H K m o P Q r t T u U w x X y Y z data data-raw data-binary data-ascii data-urlencode json form form-string upload-file url output header user user-agent request cookie cookie-jar max-time connect-timeout retry retry-delay retry-max-time proxy cacert cert key config referer range limit-rate resolve connect-to interface write-out aws-sigv4 oauth2-bearer dns-servers socks5 socks5-hostname netrc-file output-dir stderr trace trace-ascii unix-socket url-query variable';
export const wgetValues =
  'O o a i B t T w Q P e U D I X A R l output-document output-file append-output input-file base tries timeout wait quota directory-prefix execute user-agent header post-data post-file body-data body-file method user password referer load-cookies save-cookies limit-rate';

type Writer = (write: Write, scope: ShellScope) => void;

const downloads: Writer = (write, scope) => {
  for (const path of downloadTargets(write.command)) remember(write, scope, { path, text: null });
};

const copies: Writer = ({ command }, scope) => {
  const { operands } = readArguments(command.args, { values: 't S m o g' });
  const [from = '', to = ''] = operands.slice(-2);
  const file = scope.reading.files.get(resolvePath(command.cwd, from));
  if (file === undefined || operands.length < 2) return;
  const target = resolvePath(command.cwd, to);
  scope.reading.files.set(target, file);
  scope.reading.files.set(`${target}/${from.slice(from.lastIndexOf('/') + 1)}`, file);
};

const writers: Readonly<Record<string, Writer>> = {
  curl: downloads,
  wget: downloads,
  cp: copies,
  mv: copies,
  ln: copies,
  install: copies,
  tee: (write, scope) => {
    const read = readArguments(write.command.args);
    const { input } = write.command;
    for (const path of read.operands) {
      const text = input.kind === 'text' ? input.text : null;
      remember(write, scope, {
        path,
        text,
        appends: read.options.some(({ name }) => name === 'a' || name === 'append'),
      });
    }
  },
};

interface Written {
  path: string;
  text: string | null;
  appends?: boolean;
}

function remember({ command, commands }: Write, scope: ShellScope, { path, text, appends = false }: Written): void {
  const { files } = scope.reading;
  const target = resolvePath(command.cwd, path);
  if (!isKnown(path)) return;
  const before = appends ? files.get(target) : undefined;
  const sources = [...(before?.sources ?? []), ...commands, ...command.upstream, ...command.suppliers];
  files.set(target, { text: joined(before, text), sources });
}

const maxText = 50_000;

/** What a file held before the line is not known; what the line appends to it is known all the same. */
function joined(before: WrittenFile | undefined, text: string | null): string | null {
  if (before === undefined || text === null) return text;
  return before.text === null || before.text.length > maxText ? null : before.text + text;
}
