import { createHash, randomBytes } from 'node:crypto';

const prefix = 'fgw_';

/** A new token of 256 random bits for one agent run, and its hash: only that may be stored. */
export function mintGatewayToken(): { token: string; hash: string } {
  const token = prefix + randomBytes(32).toString('base64url');
  return { token, hash: hashGatewayToken(token) };
}

/** SHA-256 in hex. Of a random text it tells nothing, and a look-up by it takes no longer for a guess that is nearly right. */
export function hashGatewayToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
