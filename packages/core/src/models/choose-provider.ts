import { DomainError, ModelProtocol } from '@fermata/contracts';
import type { CatalogueModel } from '@fermata/contracts/models';
import { knownModel } from './catalogue.js';
import { protocolFacts, waysToGive } from './check-endpoint.js';
import type { ModelEndpoint } from './model-client.js';

/** The settings a provider is chosen by, as an app reads them from its environment. Empty text counts as absent. */
export interface ProviderSettings {
  anthropicApiKey?: string | undefined;
  anthropicBaseUrl?: string | undefined;
  openaiApiKey?: string | undefined;
  openaiBaseUrl?: string | undefined;
  /** How OpenAI models are spoken to; Responses at OpenAI itself and Chat Completions elsewhere when absent. */
  openaiProtocol?: 'openai_responses' | 'openai_chat' | undefined;
  geminiApiKey?: string | undefined;
  geminiBaseUrl?: string | undefined;
  /** A model by name; otherwise the default of the provider whose key is there. */
  model?: string | undefined;
  /** The models that are known; those we ship when absent. */
  catalogue?: readonly CatalogueModel[] | undefined;
}

/** Which setting has the key of a provider, and what it is called where people give it: as a variable or a stored secret. */
export const providerKeys = {
  anthropic: { setting: 'anthropicApiKey', variable: 'ANTHROPIC_API_KEY' },
  openai: { setting: 'openaiApiKey', variable: 'OPENAI_API_KEY' },
  gemini: { setting: 'geminiApiKey', variable: 'GEMINI_API_KEY' },
} as const satisfies Partial<Record<CatalogueModel['provider'], { setting: keyof ProviderSettings; variable: string }>>;

export interface ModelChoice {
  /** The name to ask for: as it was given, so that a dated snapshot stays one. */
  name: string;
  model: CatalogueModel;
  endpoint: ModelEndpoint;
}

const defaultModels = { anthropic: 'claude-sonnet-5-5', openai: 'gpt-6.1-sol' } as const;

/**
 * The model to use and where it is. A model named in the settings wins; without one the key that is there decides,
 * Anthropic's first.
 * @throws DomainError `provider_unauthorized` when the key is missing, `model_unknown`, `provider_misconfigured`
 */
export function chooseProvider(settings: ProviderSettings): ModelChoice {
  const name = given(settings.model) ?? defaultModel(settings);
  if (name) return resolveModel(name, settings);
  throw new DomainError(
    'provider_unauthorized',
    'No model provider is set up. Set ANTHROPIC_API_KEY or OPENAI_API_KEY (and OPENAI_BASE_URL for a compatible server), or store a key: `fermata secret set ANTHROPIC_API_KEY`.',
  );
}

/**
 * Where the named model is reached.
 * @throws DomainError `provider_unauthorized` when its key is missing, `model_unknown`, `provider_misconfigured`
 */
export function resolveModel(name: string, settings: ProviderSettings): ModelChoice {
  const model = knownModel(name, settings.catalogue);
  return { name, model, endpoint: endpointOf(model, settings) };
}

function defaultModel(settings: ProviderSettings): string | undefined {
  if (given(settings.anthropicApiKey)) return defaultModels.anthropic;
  return given(settings.openaiApiKey) ? defaultModels.openai : undefined;
}

function endpointOf(model: CatalogueModel, settings: ProviderSettings): ModelEndpoint {
  switch (model.provider) {
    case 'anthropic':
      return anthropicEndpoint(model, settings);
    case 'openai':
      return openAiEndpoint(model, settings);
    case 'scripted':
      return scriptedEndpoint(model, settings);
    case 'gemini':
      throw new DomainError(
        'provider_misconfigured',
        `The model "${model.name}" is for agents that speak Gemini's protocol; our own loop does not. Choose another model.`,
        { model: model.name },
      );
  }
}

function anthropicEndpoint(model: CatalogueModel, settings: ProviderSettings): ModelEndpoint {
  const apiKey = requireKey(settings.anthropicApiKey, model, ModelProtocol.anthropic);
  return { protocol: ModelProtocol.anthropic, apiKey, ...at(settings.anthropicBaseUrl) };
}

function openAiEndpoint(model: CatalogueModel, settings: ProviderSettings): ModelEndpoint {
  const protocol = openAiProtocol(settings);
  return { protocol, apiKey: requireKey(settings.openaiApiKey, model, protocol), ...at(settings.openaiBaseUrl) };
}

/** Compatible servers seldom speak Responses. */
function openAiProtocol(settings: ProviderSettings): ModelProtocol {
  if (settings.openaiProtocol) return settings.openaiProtocol;
  const baseUrl = given(settings.openaiBaseUrl)?.replace(/\/+$/, '');
  const elsewhere = baseUrl !== undefined && baseUrl !== protocolFacts.openai_responses.baseUrl;
  return elsewhere ? ModelProtocol.openaiChat : ModelProtocol.openaiResponses;
}

/** Our own server speaks every protocol at whichever address is set, and takes any key. */
function scriptedEndpoint(model: CatalogueModel, settings: ProviderSettings): ModelEndpoint {
  if (given(settings.anthropicBaseUrl)) {
    return anthropicEndpoint(model, { ...settings, anthropicApiKey: given(settings.anthropicApiKey) ?? model.name });
  }
  if (given(settings.openaiBaseUrl)) {
    return openAiEndpoint(model, { ...settings, openaiApiKey: given(settings.openaiApiKey) ?? model.name });
  }
  throw new DomainError(
    'provider_misconfigured',
    `The model "${model.name}" needs a scripted server. Set ANTHROPIC_BASE_URL or OPENAI_BASE_URL to its address.`,
    { model: model.name },
  );
}

function requireKey(key: string | undefined, model: CatalogueModel, protocol: ModelProtocol): string {
  const found = given(key);
  if (found) return found;
  const { keyVariable } = protocolFacts[protocol];
  throw new DomainError('provider_unauthorized', `The model "${model.name}" needs a key. ${waysToGive(keyVariable)}`, {
    model: model.name,
    variable: keyVariable,
  });
}

function at(baseUrl: string | undefined): { baseUrl?: string } {
  const found = given(baseUrl);
  return found ? { baseUrl: found } : {};
}

function given(text: string | undefined): string | undefined {
  return text?.trim() || undefined;
}
