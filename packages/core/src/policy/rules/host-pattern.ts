import { fitsWildcard } from './wildcards.js';

/** This machine, by any of its names. */
const loopback = /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[?::1\]?|0\.0\.0\.0)$/;

/** True when a host is this machine itself. */
export function isLoopback(host: string): boolean {
  return loopback.test(normalHost(host));
}

/** `*.example.org` stands for every host below example.org and not for itself; `*` for all. */
export function matchesHost(pattern: string, host: string): boolean {
  const [wanted, given] = [normalHost(pattern), normalHost(host)];
  return wanted.includes('*') ? fitsWildcard(given, wanted) : wanted === given;
}

function normalHost(host: string): string {
  return host.toLowerCase().replace(/:\d+$/, '').replace(/\.$/, '');
}
