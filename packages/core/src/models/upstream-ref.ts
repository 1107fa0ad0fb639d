import type { ProviderProtocol, UpstreamRef } from '@fermata/contracts';
import type { CatalogueModel } from '@fermata/contracts/models';
import { type Endpoint, protocolFacts } from './check-endpoint.js';

/** What limits and outages are counted for: the model at the host of its address. */
export function upstreamRefOf(
  { provider, name }: CatalogueModel,
  { protocol, baseUrl }: Pick<Endpoint<ProviderProtocol>, 'protocol' | 'baseUrl'>,
): UpstreamRef {
  const address = baseUrl ?? protocolFacts[protocol].baseUrl;
  return { provider, host: URL.parse(address)?.host ?? address, model: name };
}
