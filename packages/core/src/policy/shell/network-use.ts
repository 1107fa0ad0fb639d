import { optionValues, readArguments } from './command-options.js';
import { isKnown } from './marks.js';
import { ownEntry } from './own-entry.js';
import type { ShellCommand } from './shell-command.js';
import { curlValues, wgetValues } from './written-files.js';

/** What a command does over the network, as far as its words tell. */
export interface NetworkUse {
  /** In lower case, without port. `null` for one that is not known before it runs. */
  hosts: readonly (string | null)[];
  /** It sends the content of files, or what it reads. */
  sends: boolean;
}

type Use = (command: ShellCommand) => NetworkUse | null;

/** The host of a URL or of `host/path`, as a browser would read it. Null when it cannot be told. */
export function hostOf(text: string): string | null {
  const authority = /^(?:[a-z][a-z0-9+.-]*:\/\/)?([^/?#]*)/i.exec(text)?.[1] ?? '';
  const host = authority.slice(authority.lastIndexOf('@') + 1).replace(/:\d*$/, '');
  if (host === '' || !isKnown(host) || /[\\{}*\s]/.test(text.slice(0, text.indexOf(host) + host.length))) return null;
  try {
    // Other ways to write an address, as one number, come out as the usual one.
    return new URL(`http://${host}`).hostname;
  } catch {
    return null;
  }
}

/** It reads a file or the output of commands: not merely a text that stands in the command line. */
function readsInput({ input, upstream }: ShellCommand): boolean {
  return (
    input.kind === 'file' ||
    input.kind === 'pipe' ||
    (input.kind === 'text' && upstream.some(({ program }) => program !== 'echo' && program !== 'printf'))
  );
}

const curl: Use = (command) => {
  const read = readArguments(command.args, { values: curlValues });
  const urls = [...read.operands, ...optionValues(read, 'url')];
  const reroutes = read.options.some(({ name }) =>
    /^(x|proxy|preproxy|socks\w*|connect-to|resolve|K|config)$/.test(name),
  );
  const bodies = optionValues(read, 'd', 'data', 'data-ascii', 'data-binary', 'json', 'H', 'header');
  const encoded = optionValues(read, 'data-urlencode', 'url-query');
  const uploads = optionValues(read, 'T', 'upload-file');
  const forms = optionValues(read, 'F', 'form');
  const files = [
    ...bodies.filter((body) => body.startsWith('@')).map((body) => body.slice(1)),
    ...encoded.filter((body) => /^[^=]*@/.test(body)).map((body) => body.replace(/^[^@]*@/, '')),
    ...uploads,
    ...forms.filter((form) => /=[@<]/.test(form)).map((form) => form.replace(/^[^=]*=[@<]/, '')),
  ];
  const sends = files.some((file) => (file === '-' || file === '.' ? readsInput(command) : true));
  return {
    hosts: [...urls.map(hostOf), ...(reroutes ? [null] : [])],
    sends: sends || read.options.some(({ name }) => name === 'K' || name === 'config'),
  };
};

const wget: Use = ({ args }) => {
  const read = readArguments(args, { values: wgetValues });
  return { hosts: read.operands.map(hostOf), sends: optionValues(read, 'post-file', 'body-file').length > 0 };
};

const socket: Use = (command) => {
  const read = readArguments(command.args, {
    values: 'p s w q e c x X i I O T m g G P b exec sh-exec proxy source-port',
  });
  const listens = read.options.some(({ name }) => name === 'l' || name === 'listen');
  const runs = read.options.some(({ name }) => /^(e|c|exec|sh-exec)$/.test(name));
  return { hosts: listens ? [null] : [hostOf(read.operands[0] ?? '')], sends: runs || readsInput(command) };
};

const socat: Use = (command) => {
  const addresses = command.args.filter((word) => !word.startsWith('-') || word === '-');
  const remote = addresses.flatMap((word) => /^(?:tcp|udp|openssl|ssl|sctp)\w*:([^,]+)/i.exec(word)?.[1] ?? []);
  const local = addresses.some((word) => /^(exec|system|file|open|gopen|pipe|fd):/i.test(word));
  return {
    hosts: remote.map((address) => (/^\d+$/.test(address) ? null : hostOf(address))),
    sends: local || readsInput(command),
  };
};

const ssh: Use = (command) => {
  const read = readArguments(command.args, {
    values: 'b c D E e F I i J L l m O o p Q R S W w B P',
    stopAtOperand: true,
  });
  const opens = read.options.some(({ name }) => name === 'R');
  return { hosts: read.operands.slice(0, 1).map(hostOf), sends: opens || readsInput(command) };
};

/** `host:path`, and not a path with a colon in it. */
function remotePart(word: string): string | null {
  const match = /^(?:[^/:@]+@)?(\[[^\]]+\]|[^/:]+)::?(?!\/\/)/.exec(word);
  if (match !== null) return match[1] ?? null;
  return /^(rsync|scp|sftp|ssh):\/\//.test(word) ? word : null;
}

const copy: Use = ({ args }) => {
  const { operands } = readArguments(args, { values: 'P i o S c F J l e rsh f filter exclude include B' });
  const target = remotePart(operands.at(-1) ?? '');
  const hosts = operands.flatMap((word) => remotePart(word) ?? []).map(hostOf);
  return hosts.length === 0 ? null : { hosts, sends: target !== null && operands.length > 1 };
};

const always: Use = ({ args }) => ({ hosts: readArguments(args).operands.slice(0, 1).map(hostOf), sends: true });
const elsewhere: Use = () => ({ hosts: [null], sends: true });
const asks: Use = ({ args }) => ({
  hosts: args.filter((word) => /\w\.\w/.test(word) || /^[a-z]/.test(word)).map(hostOf),
  sends: false,
});

/** Copies between this machine and a store of a provider. */
const store =
  (verb: RegExp, remote: RegExp): Use =>
  ({ args }) => {
    const { operands } = readArguments(args, { values: 'profile region endpoint-url project account config' });
    if (!verb.test(operands.join(' '))) return null;
    return { hosts: [null], sends: remote.test(operands.at(-1) ?? '') };
  };

const uses: Readonly<Record<string, Use>> = {
  curl,
  wget,
  nc: socket,
  telnet: socket,
  socat,
  ssh,
  mosh: ssh,
  scp: copy,
  rsync: copy,
  sftp: (command) => ({
    hosts: command.args
      .filter((word) => !word.startsWith('-'))
      .slice(-1)
      .map(hostOf),
    sends: command.input.kind !== 'none' || command.args.includes('-b'),
  }),
  ftp: always,
  lftp: always,
  tftp: always,
  ncftpput: always,
  http: (command) => {
    const { operands } = readArguments(command.args, { values: 'a auth A auth-type proxy session o output' });
    const [url = '', ...items] = /^[A-Z]+$/.test(operands[0] ?? '') ? operands.slice(1) : operands;
    return {
      hosts: [url.startsWith(':') ? 'localhost' : hostOf(url)],
      sends: readsInput(command) || items.some((item) => /(=|:=)?@/.test(item)),
    };
  },
  openssl: (command) => {
    const read = readArguments(command.args.slice(1), { values: 'connect servername host port' });
    return command.args[0] === 's_client'
      ? { hosts: optionValues(read, 'connect', 'host').map(hostOf), sends: readsInput(command) }
      : null;
  },
  dig: asks,
  nslookup: asks,
  host: asks,
  drill: asks,
  ping: asks,
  traceroute: asks,
  whois: asks,
  aws: store(/^s3 (cp|mv|sync)/, /^s3:/),
  gsutil: store(/^(cp|mv|rsync)/, /^gs:/),
  gcloud: store(/^storage (cp|mv|rsync)/, /^gs:/),
  az: store(/storage blob upload/, /./),
  rclone: store(/^(copy|sync|move|copyto|moveto|bisync)/, /^[\w-]+:/),
  gh: ({ args }) => (args[0] === 'gist' && args[1] === 'create' ? { hosts: [null], sends: true } : null),
  mail: elsewhere,
  mailx: elsewhere,
  mutt: elsewhere,
  sendmail: elsewhere,
  swaks: elsewhere,
  pastebinit: elsewhere,
  ngrok: elsewhere,
  cloudflared: elsewhere,
  lt: elsewhere,
  localtunnel: elsewhere,
  bore: elsewhere,
  croc: elsewhere,
  wormhole: elsewhere,
};

/** What a command does over the network. Null when it is none that is known to. */
export function networkUse(command: ShellCommand): NetworkUse | null {
  const own = ownEntry(uses, command.program)?.(command) ?? null;
  const sockets = command.redirects.flatMap(({ target }) => /^\/dev\/(?:tcp|udp)\/([^/]+)/.exec(target)?.[1] ?? []);
  if (own === null && sockets.length === 0) return null;
  const { hosts, sends } = own ?? nowhere;
  return {
    hosts: [...hosts, ...sockets.map(hostOf), ...(usesProxy(command) ? [null] : [])],
    sends: sends || sockets.length > 0,
  };
}

const nowhere: NetworkUse = { hosts: [], sends: false };

function usesProxy({ assignments }: ShellCommand): boolean {
  return assignments.some(({ name, value }) => /^(https?|all|ftp)_proxy$/i.test(name) && value !== '');
}
