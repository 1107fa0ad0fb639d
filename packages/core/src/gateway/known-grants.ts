import type { GatewayGrant, GatewayPorts } from './gateway-ports.js';

/** So many are remembered: those of all agents that one worker has at work, many times over. */
const mostRemembered = 1_000;

/**
 * Whose token it is, remembered from one call of an agent to its next. Only that it has ended can change, and that is said where
 * the money of a call is asked for (`GatewayLedger.begin`): until then nothing may be said or done that only the bearer of a token may
 * have. What is not a call asks anew.
 */
export class KnownGrants {
  readonly #ports: GatewayPorts;
  readonly #grants = new Map<string, GatewayGrant>();

  constructor(ports: GatewayPorts) {
    this.#ports = ports;
  }

  /** As it was when it was last asked for. */
  async remembered(tokenHash: string): Promise<GatewayGrant | null> {
    return this.#grants.get(tokenHash) ?? this.now(tokenHash);
  }

  /** Null when it is nobody's now, or its run has ended. */
  async now(tokenHash: string): Promise<GatewayGrant | null> {
    const grant = await this.#ports.grantOf(tokenHash);
    this.#grants.delete(tokenHash);
    if (grant) this.#grants.set(tokenHash, grant);
    for (const oldest of this.#grants.keys()) {
      if (this.#grants.size <= mostRemembered) break;
      this.#grants.delete(oldest);
    }
    return grant;
  }
}
