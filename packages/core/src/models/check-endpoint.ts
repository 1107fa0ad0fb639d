import { DomainError, ModelProtocol, type ProviderProtocol } from '@fermata/contracts';

/** Where a provider is and how it is spoken to. Without `baseUrl` it is the provider's own address. */
export interface Endpoint<Protocol extends ProviderProtocol = ProviderProtocol> {
  protocol: Protocol;
  baseUrl?: string;
  apiKey: string;
}

/** An endpoint that can be called: the base URL filled in, without a trailing slash, known to be a plain HTTP address. */
export interface CheckedEndpoint<Protocol extends ProviderProtocol = ModelProtocol> {
  protocol: Protocol;
  baseUrl: string;
  apiKey: string;
}

/** What a person calls each protocol, where it lives by default, and the settings that point to it. */
export const protocolFacts: Readonly<
  Record<ProviderProtocol, { title: string; baseUrl: string; baseUrlVariable: string; keyVariable: string }>
> = {
  anthropic: {
    title: 'Anthropic Messages API',
    baseUrl: 'https://api.anthropic.com',
    baseUrlVariable: 'ANTHROPIC_BASE_URL',
    keyVariable: 'ANTHROPIC_API_KEY',
  },
  openai_responses: {
    title: 'OpenAI Responses API',
    baseUrl: 'https://api.openai.com/v1',
    baseUrlVariable: 'OPENAI_BASE_URL',
    keyVariable: 'OPENAI_API_KEY',
  },
  openai_chat: {
    title: 'OpenAI Chat Completions API',
    baseUrl: 'https://api.openai.com/v1',
    baseUrlVariable: 'OPENAI_BASE_URL',
    keyVariable: 'OPENAI_API_KEY',
  },
  gemini: {
    title: 'Gemini API',
    baseUrl: 'https://generativelanguage.googleapis.com',
    baseUrlVariable: 'GEMINI_BASE_URL',
    keyVariable: 'GEMINI_API_KEY',
  },
};

/** @throws DomainError `provider_misconfigured`, `provider_unauthorized` */
export function checkEndpoint<Protocol extends ProviderProtocol>(
  endpoint: Endpoint<Protocol>,
): CheckedEndpoint<Protocol> {
  const { protocol } = endpoint;
  return {
    protocol,
    baseUrl: checkBaseUrl(endpoint.baseUrl ?? protocolFacts[protocol].baseUrl, protocol),
    apiKey: checkKey(endpoint.apiKey.trim(), protocol),
  };
}

/** How a person gives a key. */
export const waysToGive = (keyVariable: string): string =>
  `Set ${keyVariable} for the worker, or store it: \`fermata secret set ${keyVariable}\`.`;

/** Anything else than visible ASCII would be refused as a header later, by an error that prints it. */
function checkKey(apiKey: string, protocol: ProviderProtocol): string {
  if (/^[\x21-\x7e]+$/.test(apiKey)) return apiKey;
  const { title, keyVariable } = protocolFacts[protocol];
  const wrong = apiKey === '' ? 'There is no key' : 'White space or special characters are in the key';
  throw new DomainError(
    'provider_unauthorized',
    `${wrong} for the ${title}. ${waysToGive(keyVariable)} A server that needs none takes any text.`,
    { protocol, variable: keyVariable },
  );
}

function checkBaseUrl(text: string, protocol: ProviderProtocol): string {
  const { baseUrlVariable } = protocolFacts[protocol];
  // The text itself stays out of the message: what is no URL may be a key pasted into the wrong variable.
  const refuse = (why: string) =>
    new DomainError('provider_misconfigured', `${baseUrlVariable} ${why}`, { protocol, variable: baseUrlVariable });
  const url = URL.parse(text.trim());
  if (!url || !['http:', 'https:'].includes(url.protocol)) throw refuse('is not an http:// or https:// address.');
  if (url.username || url.password) throw refuse('holds credentials. Take them out; the key has its own variable.');
  if (url.search || url.hash) throw refuse('must be a plain address, without "?" or "#".');
  const plain = url.href.replace(/\/+$/, '');
  // Anthropic's SDK appends /v1/messages itself, yet the base is often written with its /v1.
  return protocol === ModelProtocol.anthropic ? plain.replace(/\/v1$/, '') : plain;
}
