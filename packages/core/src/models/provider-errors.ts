import { firstWords } from '@fermata/contracts/redaction';
import Anthropic from '@anthropic-ai/sdk';
import { assertNever, DomainError, type ErrorCode, type JsonObject } from '@fermata/contracts';
import OpenAI from 'openai';
import { type CheckedEndpoint, protocolFacts } from './check-endpoint.js';
import { unpaidNames } from './refused-by-provider.js';
import { readRetryAfter } from './retry-after.js';

/** A failure the provider reported inside a stream that had begun well. */
export class ReportedInStream extends Error {
  constructor(readonly reported: { code: string | null; type: string | null; message: string | null }) {
    super('the provider reported an error inside the stream');
  }
}

/** An answer of HTTP 200 that is no event stream. */
export class NotAStream extends Error {
  constructor(readonly contentType: string) {
    super('the answer is no event stream');
  }
}

/** The provider was silent for longer than is borne. */
export class ProviderSilent extends Error {
  constructor(readonly limitMs: number) {
    super('the provider was silent for too long');
  }
}

type AnthropicFailure = InstanceType<typeof Anthropic.APIError>;
type OpenAiFailure = InstanceType<typeof OpenAI.APIError>;

export interface FailedCall {
  endpoint: CheckedEndpoint;
  model: string;
  /** `stream`: the answer had begun. */
  phase: 'request' | 'stream';
  now: Date;
}

/** What is known of a failure, from whichever SDK. */
interface Facts {
  status?: number | undefined;
  /** Machine-readable names the provider gave: error type and code. */
  names: readonly string[];
  /** The provider's own sentence. */
  said?: string | undefined;
  aboutModel: boolean;
  foreign: boolean;
  headers?: Headers | undefined;
  /** Node's code of a connection that failed. */
  connection?: string | undefined;
  silentForMs?: number | undefined;
}

/** True for what an SDK or the stream reported; before the answer began, anything else is a defect of ours. */
export function isProviderFailure(error: unknown): boolean {
  const kinds = [Anthropic.APIError, OpenAI.APIError, ReportedInStream, NotAStream, ProviderSilent];
  return kinds.some((kind) => error instanceof kind);
}

/**
 * The only translation from what a provider or its SDK throws to a DomainError, decided by HTTP status and error type,
 * never by message text. Keys and prompts stay out: SDK errors are not kept as a cause, since they carry headers and bodies.
 * Sources: platform.claude.com/docs/en/api/errors, developers.openai.com/api/docs/guides/error-codes.
 */
export function toProviderError(error: unknown, call: FailedCall): DomainError {
  const facts = factsOf(error);
  const code = codeOf(facts, call.phase);
  const retryAfterMs = code === 'provider_rejected' ? undefined : readRetryAfter(facts.headers, call.now);
  return new DomainError(
    code,
    sentence(code, facts, call),
    detailsOf(facts, call),
    retryAfterMs === undefined ? {} : { retryAfterMs },
  );
}

function factsOf(error: unknown): Facts {
  if (error instanceof ReportedInStream) {
    const { code, type, message } = error.reported;
    return { names: named(code, type), said: message ?? undefined, aboutModel: false, foreign: false };
  }
  if (error instanceof NotAStream) return { status: 200, names: [], aboutModel: false, foreign: true };
  if (error instanceof ProviderSilent)
    return { names: [], aboutModel: false, foreign: false, silentForMs: error.limitMs };
  if (error instanceof Anthropic.APIError) return anthropicFacts(error as AnthropicFailure);
  if (error instanceof OpenAI.APIError) return openAiFacts(error as OpenAiFailure);
  return { names: [], aboutModel: false, foreign: false, connection: connectionCode(error) };
}

function anthropicFacts(error: AnthropicFailure): Facts {
  return {
    status: error.status,
    names: named(error.errorCode, error.type),
    said: text(error.apiMessage),
    aboutModel: false,
    foreign: isForeign(error.status, error.headers),
    headers: error.headers,
    connection: connectionCode(error),
  };
}

function openAiFacts(error: OpenAiFailure): Facts {
  const body = error.error as { message?: unknown } | null | undefined;
  return {
    status: error.status,
    names: named(error.code, error.type),
    said: text(body?.message),
    aboutModel: error.param === 'model',
    foreign: isForeign(error.status, error.headers),
    headers: error.headers,
    connection: connectionCode(error),
  };
}

function named(...names: unknown[]): string[] {
  return names.filter((name): name is string => typeof name === 'string' && name !== '');
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

/** A page or a plain text where the API would have sent JSON: somebody else answered. */
function isForeign(status: number | undefined, headers: Headers | undefined): boolean {
  return status !== undefined && !(headers?.get('content-type') ?? '').includes('json');
}

function connectionCode(error: unknown): string | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 6; at = at.cause, depth += 1) {
    const code = 'code' in at ? at.code : undefined;
    if (typeof code === 'string' && /^[A-Z][A-Z0-9_]+$/.test(code)) return code;
  }
  return undefined;
}

/** Names that decide whatever the status is: a used-up quota comes as 429, an unknown model as 404 or 400. */
const decisiveNames: Readonly<Record<string, ErrorCode>> = {
  ...Object.fromEntries(unpaidNames.map((name) => [name, 'provider_rejected' as const])),
  not_found_error: 'model_unknown',
  model_not_found: 'model_unknown',
  NotFoundError: 'model_unknown',
};

const statusCodes: Readonly<Record<number, ErrorCode>> = {
  200: 'provider_misconfigured',
  401: 'provider_unauthorized',
  403: 'provider_unauthorized',
  404: 'provider_misconfigured',
  405: 'provider_misconfigured',
  408: 'provider_unavailable',
  409: 'provider_unavailable',
  415: 'provider_misconfigured',
  429: 'provider_rate_limited',
};

/** What a stream says of itself once its status of 200 has been sent. */
const streamedNames: Readonly<Record<string, ErrorCode>> = {
  authentication_error: 'provider_unauthorized',
  invalid_api_key: 'provider_unauthorized',
  permission_error: 'provider_unauthorized',
  rate_limit_error: 'provider_rate_limited',
  rate_limit_exceeded: 'provider_rate_limited',
  overloaded_error: 'provider_unavailable',
  api_error: 'provider_unavailable',
  server_error: 'provider_unavailable',
  timeout_error: 'provider_unavailable',
  invalid_request_error: 'provider_rejected',
  invalid_prompt: 'provider_rejected',
  context_length_exceeded: 'provider_rejected',
};

function codeOf(facts: Facts, phase: FailedCall['phase']): ErrorCode {
  if (facts.silentForMs !== undefined) return 'provider_unavailable';
  if (facts.status !== undefined) return codeOfStatus(facts, facts.status);
  const streamed = look(decisiveNames, facts.names) ?? look(streamedNames, facts.names);
  if (streamed) return streamed;
  if (phase === 'stream') return 'provider_stream_broken';
  return isCertificateTrouble(facts.connection) ? 'provider_misconfigured' : 'provider_unavailable';
}

function codeOfStatus(facts: Facts, status: number): ErrorCode {
  if (status >= 500) return 'provider_unavailable';
  const decisive = look(decisiveNames, facts.names);
  if (decisive) return decisive;
  if (status === 404 && facts.aboutModel) return 'model_unknown';
  if (facts.foreign && ![401, 408, 429].includes(status)) return 'provider_misconfigured';
  return statusCodes[status] ?? 'provider_rejected';
}

function look(table: Readonly<Record<string, ErrorCode>>, names: readonly string[]): ErrorCode | undefined {
  const known = names.find((name) => Object.hasOwn(table, name));
  return known === undefined ? undefined : table[known];
}

/** OpenSSL's and Node's names for a server that cannot be trusted or speaks no TLS: waiting does not mend it. */
function isCertificateTrouble(code: string | undefined): boolean {
  return code !== undefined && /^(ERR_TLS_|ERR_SSL_|CERT_|SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_)/.test(code);
}

type ProviderCode = Extract<ErrorCode, `provider_${string}` | 'model_unknown'>;

function sentence(code: ErrorCode, facts: Facts, { endpoint, model }: FailedCall): string {
  const { title, keyVariable, baseUrlVariable } = protocolFacts[endpoint.protocol];
  const at = `${title} at ${endpoint.baseUrl}`;
  const seen = seenAs(facts);
  const provider = code as ProviderCode;
  switch (provider) {
    case 'provider_unauthorized':
      return `The ${at} refused the key${seen}. Check ${keyVariable}.`;
    case 'provider_rejected':
      return `The ${at} rejected the request${seen}${facts.said ? `: ${shown(facts.said, endpoint)}` : '.'}`;
    case 'provider_misconfigured':
      return `What answers at ${endpoint.baseUrl} is not the ${title}${seen}. Check ${baseUrlVariable}.`;
    case 'model_unknown':
      return `The ${at} does not know the model "${model}"${seen}. Choose another model, or check ${baseUrlVariable}.`;
    case 'provider_rate_limited':
      return `The ${at} limits how often it may be called${seen}. The call can be made again later.`;
    case 'provider_unavailable':
      return `The ${at} could not answer${seen}. The call can be made again.`;
    case 'provider_stream_broken':
      return `The answer of the ${at} broke off or was malformed${seen}. The call can be made again.`;
    default:
      return assertNever(provider);
  }
}

function seenAs(facts: Facts): string {
  if (facts.silentForMs !== undefined) return ` (silent for ${facts.silentForMs / 1_000} s)`;
  const parts = [
    ...(facts.status === undefined ? [] : [`HTTP ${facts.status}`]),
    ...(facts.foreign ? ['the answer is no JSON or event stream'] : []),
    ...facts.names.slice(0, 1),
    ...(facts.connection ? [facts.connection] : []),
  ];
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}

const maxSaidCharacters = 600;

/** The provider's sentence, without our key and short enough that no echoed prompt gets through whole. */
function shown(said: string, { apiKey }: CheckedEndpoint): string {
  const clean = said.replaceAll(apiKey, '[key]').replace(/\s+/g, ' ').trim();
  return clean.length <= maxSaidCharacters ? clean : `${firstWords(clean, maxSaidCharacters)}…`;
}

function detailsOf(facts: Facts, { endpoint, model }: FailedCall): JsonObject {
  const requestId = facts.headers?.get('request-id') ?? facts.headers?.get('x-request-id');
  return {
    protocol: endpoint.protocol,
    baseUrl: endpoint.baseUrl,
    model,
    ...(facts.status === undefined ? {} : { status: facts.status }),
    ...(facts.names[0] === undefined ? {} : { reason: facts.names[0] }),
    ...(facts.connection === undefined ? {} : { connection: facts.connection }),
    ...(requestId ? { requestId } : {}),
  };
}
