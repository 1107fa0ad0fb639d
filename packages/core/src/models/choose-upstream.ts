import { DomainError, ModelProtocol, ProviderProtocol } from '@fermata/contracts';
import type { CatalogueModel } from '@fermata/contracts/models';
import { knownModel } from './catalogue.js';
import { checkEndpoint, type CheckedEndpoint, type Endpoint, protocolFacts } from './check-endpoint.js';
import type { ProviderSettings } from './choose-provider.js';

/** Where the calls of an agent go that speaks to models by itself, and what is known of the model it asks for. */
export interface ModelUpstream {
  model: CatalogueModel;
  endpoint: CheckedEndpoint<ProviderProtocol>;
}

/** Which provider's models are to be had by which protocol. The gateway translates none into another. */
const speaks: Readonly<Record<CatalogueModel['provider'], readonly ProviderProtocol[]>> = {
  anthropic: [ProviderProtocol.anthropic],
  openai: [ProviderProtocol.openaiResponses, ProviderProtocol.openaiChat],
  gemini: [ProviderProtocol.gemini],
  scripted: Object.values(ProviderProtocol),
};

/**
 * Where the named model is reached by a protocol that the caller has chosen.
 * @throws DomainError `model_unknown`, `provider_misconfigured` when the model is not to be had by that protocol,
 *   `provider_unauthorized` when its key is missing
 */
export function chooseUpstream(
  { model: name, protocol }: { model: string; protocol: ProviderProtocol },
  settings: ProviderSettings,
): ModelUpstream {
  const model = knownModel(name, settings.catalogue);
  if (!speaks[model.provider].includes(protocol)) {
    const titles = speaks[model.provider].map((one) => protocolFacts[one].title).join(' or the ');
    throw new DomainError(
      'provider_misconfigured',
      `The model "${name}" is to be had by the ${titles}, and this agent speaks the ${protocolFacts[protocol].title}. Give it a model of its own provider.`,
      { model: name, protocol },
    );
  }
  return { model, endpoint: checkEndpoint(endpointOf(model, protocol, settings)) };
}

function endpointOf(
  { provider, name }: CatalogueModel,
  protocol: ProviderProtocol,
  settings: ProviderSettings,
): Endpoint {
  const own = ownSettings(protocol, settings);
  if (provider !== 'scripted')
    return { protocol, apiKey: own.apiKey, ...(own.baseUrl !== '' && { baseUrl: own.baseUrl }) };
  return { protocol, apiKey: own.apiKey || name, baseUrl: scriptedAddress(protocol, own.baseUrl, settings) };
}

function ownSettings(protocol: ProviderProtocol, settings: ProviderSettings): { apiKey: string; baseUrl: string } {
  const text = (value: string | undefined): string => value?.trim() ?? '';
  switch (protocol) {
    case ModelProtocol.anthropic:
      return { apiKey: text(settings.anthropicApiKey), baseUrl: text(settings.anthropicBaseUrl) };
    case ModelProtocol.openaiResponses:
    case ModelProtocol.openaiChat:
      return { apiKey: text(settings.openaiApiKey), baseUrl: text(settings.openaiBaseUrl) };
    case ProviderProtocol.gemini:
      return { apiKey: text(settings.geminiApiKey), baseUrl: text(settings.geminiBaseUrl) };
  }
}

/** Our own server speaks every protocol at one address: OpenAI's below /v1. */
function scriptedAddress(protocol: ProviderProtocol, own: string, settings: ProviderSettings): string {
  if (own !== '') return own;
  const { anthropicBaseUrl, openaiBaseUrl, geminiBaseUrl } = settings;
  const given = [anthropicBaseUrl, openaiBaseUrl, geminiBaseUrl]
    .map((url) => url?.trim() ?? '')
    .find((url) => url !== '');
  if (given === undefined) {
    throw new DomainError('provider_misconfigured', 'The model "scripted" needs a scripted server: set its address.');
  }
  const root = given.replace(/\/+$/, '').replace(/\/v1$/, '');
  return protocol === ModelProtocol.openaiResponses || protocol === ModelProtocol.openaiChat ? `${root}/v1` : root;
}
