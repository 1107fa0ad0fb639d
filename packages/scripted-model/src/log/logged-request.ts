import type { JsonObject, ProviderProtocol } from '@fermata/contracts';

/**
 * How a request ended. `answered`: the whole answer was handed to the network. `failed`: by the script's will.
 * `refused`: by this server (no key, malformed, unexpected). `cut`, `hung`: by the script's will, too.
 * `abandoned`: the client left first. Null while it is under way.
 */
export type Outcome = 'answered' | 'failed' | 'refused' | 'cut' | 'hung' | 'abandoned';

export interface LoggedRequest {
  /** Unique; the client gets it as `request-id` and `x-request-id`. */
  id: string;
  /** ISO 8601, UTC: when the request had been read. */
  at: string;
  method: string;
  /** Without the query, which may hold a key. */
  path: string;
  /** Null when the path belongs to none. */
  protocol: ProviderProtocol | null;
  model: string | null;
  /** The rule that fitted; null when none did, or when the script is a function. */
  rule: string | null;
  stream: boolean;
  /** Turns in the conversation, adjacent messages of one role counted once. */
  messages: number;
  assistantTurns: number;
  toolResults: number;
  systemDigest: string | null;
  /** Equal for equal conversations; null when the request could not be read as one. */
  conversationDigest: string | null;
  /** Secrets are shown as `sha256:` and the first 12 hex digits. */
  headers: Readonly<Record<string, string>>;
  /** The HTTP status sent; null when the script lets the request hang. */
  status: number | null;
  /** Null when it was no JSON object, or when bodies are not kept. */
  body: JsonObject | null;
  outcome: Outcome | null;
  /** Why the server refused a request that it should not have been sent. */
  failure: string | null;
}
