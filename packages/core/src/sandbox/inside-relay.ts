import type { SandboxBind, SandboxProfile } from '@fermata/contracts';

/** Where the program that leads out of a sandbox is seen inside. */
export const insideRelay = { node: '/run/fermata/node', script: '/run/fermata/relay.mjs' } as const;

/** The socket files that a sandbox leads to, as they are seen inside. */
export function relayBinds({ network }: SandboxProfile): SandboxBind[] {
  if (network === 'none') return [];
  return network.relays.map(({ port, socket }) => ({ source: socket, target: insideSocket(port) }));
}

/** What a command line begins with that is to reach them. */
export function relayWords({ network }: SandboxProfile): string[] {
  if (network === 'none') return [];
  const inside = network.relays.map(({ port }) => ({ port, socket: insideSocket(port) }));
  return [insideRelay.node, insideRelay.script, JSON.stringify(inside)];
}

const insideSocket = (port: number): string => `/run/fermata/socket-${port}`;
