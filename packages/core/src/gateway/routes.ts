import { anthropicDialect } from './dialects/anthropic-dialect.js';
import type { GatewayDialect } from './dialects/dialect.js';
import { geminiDialect } from './dialects/gemini-dialect.js';
import { openAiChatDialect } from './dialects/openai-chat-dialect.js';
import { openAiResponsesDialect } from './dialects/openai-responses-dialect.js';

/** What a request is for. `model` and `stream` are null where the body says them. */
export type Route =
  | { kind: 'answer' | 'count'; dialect: GatewayDialect; model: string | null; stream: boolean | null }
  | { kind: 'models'; dialect: GatewayDialect }
  /** Our own tools, by the Model Context Protocol. */
  | { kind: 'tools'; dialect: GatewayDialect };

const posted: Readonly<Record<string, { kind: 'answer' | 'count'; dialect: GatewayDialect }>> = {
  '/v1/messages': { kind: 'answer', dialect: anthropicDialect },
  '/v1/messages/count_tokens': { kind: 'count', dialect: anthropicDialect },
  '/v1/responses': { kind: 'answer', dialect: openAiResponsesDialect },
  '/v1/chat/completions': { kind: 'answer', dialect: openAiChatDialect },
};

const geminiPath = /^\/v1beta\/models\/([^/:]+):(generateContent|streamGenerateContent|countTokens)$/;

interface Target {
  method: string;
  path: string;
  headers: Readonly<Record<string, unknown>>;
}

/** Null: there is nothing at this address. */
export function routeOf(target: Target): Route | null {
  const { method, path } = target;
  if (path === '/mcp') return { kind: 'tools', dialect: dialectOfClient(target) };
  if (method === 'GET' && path === '/v1/models') return { kind: 'models', dialect: dialectOfClient(target) };
  if (method !== 'POST') return null;
  const known = Object.hasOwn(posted, path) ? posted[path] : undefined;
  if (known) return { ...known, model: null, stream: known.kind === 'count' ? false : null };
  return geminiRoute(path);
}

function geminiRoute(path: string): Route | null {
  const [, name, verb] = geminiPath.exec(path) ?? [];
  const model = name === undefined ? null : decoded(name);
  if (model === null) return null;
  const kind = verb === 'countTokens' ? 'count' : 'answer';
  return { kind, dialect: geminiDialect, model, stream: verb === 'streamGenerateContent' };
}

/** Whose shape an error has when no route says it. */
export function dialectOfClient({ path, headers }: Omit<Target, 'method'>): GatewayDialect {
  if (path.startsWith('/v1beta/') || 'x-goog-api-key' in headers) return geminiDialect;
  const isAnthropic = 'anthropic-version' in headers || path.startsWith('/v1/messages');
  return isAnthropic ? anthropicDialect : openAiResponsesDialect;
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
