import { readArguments } from '../shell/command-options.js';
import type { InlineCode } from '../shell/inline-code.js';
import { holdsAnything } from '../shell/marks.js';
import { ownEntry } from '../shell/own-entry.js';
import type { ShellCommand } from '../shell/shell-command.js';
import { allSources } from '../shell/sources.js';
import { type DangerCheck, finding } from './danger-check.js';

const downloaders = new Set(
  'curl wget http fetch aria2c axel lynx links w3m elinks nc socat telnet ftp lftp tftp dig nslookup'.split(' '),
);
const decoders: Readonly<Record<string, RegExp>> = {
  base64: /^-\w*[dD]|^--decode/,
  base32: /^-\w*[dD]|^--decode/,
  basenc: /^-\w*[dD]|^--decode/,
  openssl: /^(enc|base64|-d)$/,
  xxd: /^-\w*r/,
  gzip: /^-\w*d|^--decompress/,
  zstd: /^-\w*d|^--decompress/,
  xz: /^-\w*d|^--decompress/,
  gpg: /^(-d|--decrypt)/,
};
const plainDecoders = new Set('gunzip zcat bzcat xzcat zstdcat uudecode rev rot13 tac tr'.split(' '));

/** Its output comes from somewhere else than this machine. */
export function downloads({ program, code }: ShellCommand): boolean {
  if (program !== null && downloaders.has(program)) return true;
  return code !== undefined && code.language !== 'shell' && fetches.test(code.text ?? '');
}

export const fetches =
  /\burlopen\b|\burllib|\brequests\.(get|post)|\bfetch\s*\(|\bhttps?\.get\b|\baxios\b|Net::HTTP|\bLWP\b|open-uri|URI\.open|file_get_contents\s*\(\s*['"]https?:|\bhttpx\b|\baiohttp\b/;

function decodes({ program, args }: ShellCommand): boolean {
  if (program !== null && plainDecoders.has(program)) return true;
  const pattern = ownEntry(decoders, program);
  return pattern !== undefined && args.some((word) => pattern.test(word));
}

/** Programs that print the set-up of a shell, for `eval "$(…)"`. */
const setUps =
  /^(ssh-agent|gpg-agent|direnv|brew|pyenv|rbenv|nodenv|goenv|jenv|fnm|mise|asdf|volta|conda|mamba|micromamba|opam|zoxide|starship|minikube|docker-machine|dircolors|lesspipe|ng|gh|kubectl|npm|pip|poetry|rustup|vite|register-python-argcomplete)$/;

function isSetUp(command: ShellCommand): boolean {
  return command.program !== null && setUps.test(command.program);
}

const printers = new Set(['cat', 'head', 'tail']);

/** It only passes on files that were there before. */
function printsFiles({ program, args, input, upstream, suppliers }: ShellCommand): boolean {
  if (program === '') return input.kind === 'file' && suppliers.length === 0;
  const isPrinter = program !== null && printers.has(program) && upstream.length + suppliers.length === 0;
  return isPrinter && input.kind !== 'text' && readArguments(args, { values: 'n c' }).operands.length > 0;
}

/** Code whose text nobody has seen: downloaded, decoded, or put together when it runs. */
export const unseenCode: DangerCheck = (command) => {
  const { code, program, args } = command;
  if (isRemoteModule(program, args)) return finding('pipe-to-shell', args.join(' '));
  if (code === undefined || !isUnseen(code)) return [];
  const sources = allSources([...code.sources]);
  const origin = sources.find(downloads) ?? sources.find(decodes);
  if (origin !== undefined) return finding('pipe-to-shell', `${origin.program} → ${program ?? ''}`);
  if (isTrusted(code, sources)) return [];
  return finding('unparsed', `the code that ${program ?? 'it'} runs is known only when it runs`);
};

function isUnseen({ text, language }: InlineCode): boolean {
  if (text === null) return true;
  // Other languages have no word splitting that would turn a value into code, as long as there is code around it.
  return language === 'shell' ? holdsAnything(text) : !/[^\uE000-\uE003\s]/.test(text) || holdsAnything(text);
}

function isTrusted({ text, origin, language }: InlineCode, sources: readonly ShellCommand[]): boolean {
  if (language !== 'shell' && text !== null && /[^\uE000-\uE003\s]/.test(text)) return true;
  if (text === null && origin === 'file') return true;
  if (sources.length === 0) return false;
  return sources.every(isSetUp) || (text === null && origin === 'input' && sources.every(printsFiles));
}

/** `deno run https://…`: a module that is downloaded and run. */
function isRemoteModule(program: string | null, args: readonly string[]): boolean {
  if (program !== 'deno' && program !== 'bun') return false;
  return readArguments(args).operands.some((word) => /^https?:/.test(word));
}
