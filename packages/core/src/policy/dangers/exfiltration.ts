import { isLoopback, matchesHost } from '../rules/host-pattern.js';
import { readArguments } from '../shell/command-options.js';
import { type NetworkUse, networkUse } from '../shell/network-use.js';
import { ownEntry } from '../shell/own-entry.js';
import type { ShellCommand } from '../shell/shell-command.js';
import { allSources } from '../shell/sources.js';
import { dumpsEnvironment } from './credentials.js';
import { type DangerCheck, type DangerFinding, type DangerWorld, finding } from './danger-check.js';

/** Where machines of a cloud get their credentials from. */
const metadata =
  /169\.254\.169\.254|169-254-169-254|^metadata(\.google\.internal)?\.?$|^100\.100\.100\.200$|^fd00:ec2::254$|^\[fd00:ec2::254\]$|a9fe:a9fe|169\.254\.170\.2/;

export function isMetadataHost(host: string): boolean {
  return metadata.test(host);
}

/** True when a policy lists the host, or it is this machine. What is not known is not listed. */
export function isListed(host: string | null, hosts: readonly string[]): boolean {
  return host !== null && (isLoopback(host) || hosts.some((pattern) => matchesHost(pattern, host)));
}

export const leaks: DangerCheck = (command, world) => {
  const use = networkUse(command);
  if (use === null) return [];
  const secret = use.hosts.find((host) => host !== null && isMetadataHost(host));
  if (typeof secret === 'string') return finding('credential-read', secret);
  const foreign = use.hosts.filter((host) => host === null || !isLoopback(host));
  return foreign.length === 0 ? [] : sentTo(foreign, { command, use }, world);
};

function sentTo(
  foreign: readonly (string | null)[],
  { command, use }: { command: ShellCommand; use: NetworkUse },
  { hosts }: DangerWorld,
): readonly DangerFinding[] {
  const sources = allSources([...command.upstream, ...command.suppliers]);
  if (sources.some(dumpsEnvironment)) return finding('environment-leak', nameOf(foreign[0]));
  const unlisted = foreign.find((host) => !isListed(host, hosts));
  const sends = use.sends || command.suppliers.some(readsFiles);
  return unlisted === undefined || !sends ? [] : finding('exfiltration', nameOf(unlisted));
}

function nameOf(host: string | null | undefined): string {
  return host ?? 'a host that is not known';
}

/** Programs that print what is in the files they are given, and how many words come before those. */
const fileReaders: Readonly<Record<string, number>> = Object.fromEntries([
  ...'cat base64 base32 head tail xxd od hexdump gzip bzip2 xz zstd tar zip sort strings openssl nl tac rev cut paste fold gpg'
    .split(' ')
    .map((name) => [name, 0] as const),
  ...'grep rg sed awk jq yq'.split(' ').map((name) => [name, 1] as const),
]);
const dumpers = new Set(
  'find ls history sqlite3 psql mysql pg_dump mysqldump mongodump redis-cli ps who last ip ifconfig python node perl ruby php'.split(
    ' ',
  ),
);

function readsFiles({ program, args, input, words }: ShellCommand): boolean {
  if (input.kind === 'file') return true;
  if (program === null) return true;
  if (program === 'git')
    return /^(show|diff|log|archive|bundle|cat-file|grep|format-patch)$/.test(
      readArguments(args, { values: 'C c' }).operands[0] ?? '',
    );
  if (dumpers.has(program)) return words.length > 0;
  const before = ownEntry(fileReaders, program);
  return before !== undefined && readArguments(args, { values: 'n c w' }).operands.length > before;
}
