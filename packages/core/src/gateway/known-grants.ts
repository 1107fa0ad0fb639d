import type { GatewayGrant, GatewayPorts } from './gateway-ports.js';

/** So many are remembered: those of all agents that one worker has at work, many times over. */
const mostRemembered = 1_000;

/**
 * Whose token it is, remembered from one request of an agent to its next: only that it has ended can change, and that is said
 * where the money of a call is asked for (`GatewayLedger.begin`). Everything else asks anew.
 */
export class KnownGrants {
  readonly #ports: GatewayPorts;
  readonly #grants = new Map<string, GatewayGrant>();

  constructor(ports: GatewayPorts) {
    this.#ports = ports;
  }

  /** For a request that asks for money before anything else happens. */
  async forCall(tokenHash: string): Promise<GatewayGrant | null> {
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

  forget({ tokenHash }: GatewayGrant): void {
    this.#grants.delete(tokenHash);
  }
}
