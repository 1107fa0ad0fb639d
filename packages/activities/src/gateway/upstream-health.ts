import type { CircuitLimits, ProviderProtocol, UpstreamRef } from '@fermata/contracts';
import type { GatewayGrant, GatewayPorts, UpstreamSign } from '@fermata/core/gateway';
import { modelFailureOfStatus } from '@fermata/core/models';
import { createModelHealthRepository, type Database } from '@fermata/database';

export interface UpstreamHealth {
  /** This provider has failed lately: its next answer is told. */
  watch: (upstream: UpstreamRef) => void;
  /** Takes a sign of the gateway. Never throws. */
  told: (grant: GatewayGrant, sign: UpstreamSign) => void;
}

interface HealthOptions {
  database: Database;
  circuit: CircuitLimits;
  upstreamRef: (grant: GatewayGrant, wanted: { model: string; protocol: ProviderProtocol }) => Promise<UpstreamRef>;
  onFailure: NonNullable<GatewayPorts['onFailure']>;
}

/** Tells all other calls what the gateway sees of providers. An answer of one that is well costs nothing. */
export function createUpstreamHealth({ database, circuit, upstreamRef, onFailure }: HealthOptions): UpstreamHealth {
  const watched = new Set<string>();
  const keyOf = ({ host, model }: UpstreamRef): string => `${host}/${model}`;

  async function tell(grant: GatewayGrant, sign: UpstreamSign): Promise<void> {
    const upstream = await upstreamRef(grant, sign);
    const rows = createModelHealthRepository(database, grant.workspaceId);
    const failure = modelFailureOfStatus(sign.status, sign.retryAfterMs);
    if (failure) await rows.failed(upstream, failure, circuit);
    else if (watched.delete(keyOf(upstream))) await rows.succeeded(upstream);
  }

  return {
    watch: (upstream) => void watched.add(keyOf(upstream)),
    told: (grant, sign) => void tell(grant, sign).catch((error: unknown) => onFailure('upstream', error)),
  };
}
