/** What stands before the host of a URL, wherever the URL begins. */
const login = /([a-z][a-z0-9+.-]*):\/\/([^/?#]*)@/i;

/**
 * True for a URL that carries a secret or may do so. A user's name is none for ssh, which asks for the key elsewhere; in
 * a web address it is not needed, and cannot be told from a token.
 */
export function carriesLogin(location: string): boolean {
  const [, scheme = '', name = ''] = login.exec(location) ?? [];
  return /:|%3a/i.test(name) || /^https?$/i.test(scheme);
}

/** Why such a location is refused, and what to do instead. Never shows the location. */
export const loginRefused =
  'a login in the location would be seen by everybody who sees the repository: leave it out and let git ask a credential helper (git help credentials), or use ssh';
