import type { GatewayGrant, GatewayPorts, GatewayWait } from './gateway-ports.js';

/** Says of a run that it waits while at least one of its calls does. */
export class WaitingRuns {
  readonly #ports: GatewayPorts;
  readonly #counts = new Map<string, number>();
  readonly #saying = new Map<string, Promise<void>>();

  constructor(ports: GatewayPorts) {
    this.#ports = ports;
  }

  async begin(grant: GatewayGrant, waiting: GatewayWait): Promise<void> {
    const count = this.#counts.get(grant.agentRunId) ?? 0;
    this.#counts.set(grant.agentRunId, count + 1);
    if (count === 0) await this.#say(grant, waiting);
  }

  /** @param released false when the run still waits, and its client comes again */
  async end(grant: GatewayGrant, released: boolean): Promise<void> {
    const count = (this.#counts.get(grant.agentRunId) ?? 1) - 1;
    if (count > 0) {
      this.#counts.set(grant.agentRunId, count);
      return;
    }
    this.#counts.delete(grant.agentRunId);
    if (released) await this.#say(grant, null);
  }

  /** One after the other for each run, so that the last word is the one that counts. */
  #say(grant: GatewayGrant, waiting: GatewayWait | null): Promise<void> {
    const { agentRunId } = grant;
    const said = (this.#saying.get(agentRunId) ?? Promise.resolve()).then(() => this.#tell(grant, waiting));
    this.#saying.set(agentRunId, said);
    return said.then(() => {
      if (this.#saying.get(agentRunId) === said) this.#saying.delete(agentRunId);
    });
  }

  /** The call waits, whether or not that can be said. */
  async #tell(grant: GatewayGrant, waiting: GatewayWait | null): Promise<void> {
    try {
      await this.#ports.ledger.waiting(grant, waiting);
    } catch (error) {
      this.#ports.onFailure?.('waiting', error);
    }
  }
}
