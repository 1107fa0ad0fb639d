import type { CatalogueModel } from './catalogue.js';

/** Whether calls go to a provider: all of them, none, or one that tries whether it is back. */
export const CircuitState = { closed: 'closed', open: 'open', halfOpen: 'half_open' } as const;
export type CircuitState = (typeof CircuitState)[keyof typeof CircuitState];

/** What is limited, or away, as a whole: one model at one address. A dated snapshot counts as its model. */
export interface UpstreamRef {
  provider: CatalogueModel['provider'];
  /** Of the base URL, with its port. */
  host: string;
  model: string;
}

/** When a circuit opens, and for how long. */
export interface CircuitLimits {
  /** So many failures without an answer between them open it. */
  failures: number;
  /** Failures longer ago than that count no more. */
  windowMs: number;
  /** How long it stays open the first time; each trial that fails doubles it. */
  openMs: number;
  maxOpenMs: number;
}

export const defaultCircuitLimits: CircuitLimits = {
  failures: 5,
  windowMs: 60_000,
  openMs: 30_000,
  maxOpenMs: 300_000,
};

/** Why no call can go out now. */
export interface ModelUnavailable {
  circuit: CircuitState;
  /** ISO time. */
  until: string;
  /** By the database's clock. */
  inMs: number;
  /** What the provider said last. */
  reason: string | null;
}

/** What became of a call that its provider did not answer, as far as others are concerned. */
export interface ModelFailure {
  /** It answers, but wants fewer calls (HTTP 429). */
  limited: boolean;
  /** How long it wants to be left alone. */
  retryAfterMs: number | null;
  /** A few words, such as `HTTP 529`. */
  reason: string;
}
