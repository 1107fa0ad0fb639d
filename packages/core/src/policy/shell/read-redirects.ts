import type { Redirection } from 'unbash';
import { expandBody, expandToText, expandWord } from './expand-word.js';
import { resolvePath } from './paths.js';
import type { CommandInput, ShellCommand, ShellRedirect } from './shell-command.js';
import type { Flow, ShellScope } from './shell-scope.js';

export interface ReadRedirects {
  redirects: ShellRedirect[];
  /** What the last of them puts in the place of the standard input. */
  input: CommandInput | null;
  suppliers: ShellCommand[];
}

export function readRedirects(redirections: readonly Redirection[], scope: ShellScope, flow: Flow): ReadRedirects {
  const read: ReadRedirects = { redirects: [], input: null, suppliers: [] };
  for (const redirection of redirections) {
    if (redirection.type === 'HereDoc') takeBody(redirection, { read, scope, flow });
    else takeTarget(redirection, { read, scope, flow });
  }
  return read;
}

interface Taking {
  read: ReadRedirects;
  scope: ShellScope;
  flow: Flow;
}

function takeBody(redirection: Extract<Redirection, { type: 'HereDoc' }>, { read, scope, flow }: Taking): void {
  const { body, delimiter, operator } = redirection;
  const { text, suppliers } =
    delimiter?.quoted === true ? { text: body.text, suppliers: [] } : expandBody(body, scope, flow);
  read.suppliers.push(...suppliers);
  takeText(operator === '<<-' ? text.replace(/^\t+/gm, '') : text, descriptorOf(redirection), { read, scope, flow });
}

function takeTarget(redirection: Exclude<Redirection, { type: 'HereDoc' }>, { read, scope, flow }: Taking): void {
  if (redirection.target === undefined) return;
  const descriptor = descriptorOf(redirection);
  if (redirection.type === 'HereString') {
    const { text, suppliers } = expandToText(redirection.target, scope, flow);
    read.suppliers.push(...suppliers);
    takeText(`${text}\n`, descriptor, { read, scope, flow });
    return;
  }
  const { words, suppliers } = expandWord(redirection.target, scope, flow);
  const [target = '', operator] = [words.join(' '), redirection.operator];
  read.suppliers.push(...suppliers);
  read.redirects.push({ operator, descriptor, target });
  if (/^<>?$/.test(operator) && (descriptor ?? 0) === 0) read.input = { kind: 'file', path: target };
}

function takeText(text: string, descriptor: number | null, { read, scope }: Taking): void {
  if ((descriptor ?? 0) === 0) read.input = { kind: 'text', text };
  else scope.reading.files.set(resolvePath('/', `/dev/fd/${descriptor}`), { text, sources: read.suppliers });
}

function descriptorOf({ descriptor }: Redirection): number | null {
  return descriptor?.type === 'FileDescriptor' ? descriptor.value : null;
}
