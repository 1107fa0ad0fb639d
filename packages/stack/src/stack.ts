/** The parts a {@link StackStep} can be about. */
export const StackPart = {
  stack: 'stack',
  postgres: 'postgres',
  temporal: 'temporal',
  setup: 'setup',
  api: 'api',
  worker: 'worker',
} as const;
export type StackPart = (typeof StackPart)[keyof typeof StackPart];

/** What each part is called in a sentence. */
export const partNames: Readonly<Record<StackPart, string>> = {
  stack: 'stack',
  postgres: 'embedded Postgres',
  temporal: 'embedded Temporal',
  setup: 'set-up',
  api: 'API',
  worker: 'worker',
};

/** One thing that happened to the stack, for a progress display and a log. */
export interface StackStep {
  part: StackPart;
  /**
   * `died` and `restart_failed` are followed by another attempt; `restarted` ends the outage. `hung`: it gives no answer, and
   * is ended.
   * `recovered`: something an unorderly end left behind was put in order.
   */
  state: 'starting' | 'ready' | 'recovered' | 'hung' | 'died' | 'restart_failed' | 'restarted' | 'stopping' | 'stopped';
  /** One sentence for a person. */
  detail: string;
  /** Milliseconds from `starting` to `ready`, from `died` to `restarted`, from `stopping` to `stopped`. */
  elapsedMs?: number;
}

export interface StackPorts {
  postgres?: number;
  /** Temporal's gRPC port. */
  temporal?: number;
  temporalUi?: number;
  api?: number;
}

export interface StackOptions {
  /** Everything the stack keeps is below this directory; made when missing, mode 0700. */
  dataDir: string;
  /** A port named here is used or the start fails with `port_taken`. Others are free ones, kept from start to start. */
  ports?: StackPorts;
  /** Use this Postgres and embed none. The database must exist. */
  databaseUrl?: string;
  /** Use this Temporal server (`host:port`, no TLS) and embed none. */
  temporalAddress?: string;
  /** Default `fermata`, on an embedded and on a given server alike. */
  temporalNamespace?: string;
  /** Path of the `temporal` program. Needed unless `temporalAddress` is given; see `locateTemporal`. */
  temporalBinary?: string;
  /** Name of the database made on the embedded Postgres; default `fermata`. */
  database?: string;
  onProgress?: (step: StackStep) => void;
  /** Aborting ends the start, with everything started so far stopped again. Without effect once the stack is up. */
  signal?: AbortSignal;
}

/** A running stack. The servers are watched: one that dies is started again on the same port. */
export interface Stack {
  databaseUrl: string;
  temporalAddress: string;
  temporalNamespace: string;
  /** Null when Temporal is not ours. */
  temporalUiUrl: string | null;
  /** The embedded servers as they run right now; a restart changes them. */
  readonly pids: { postgres?: number; temporal?: number };
  /** Ends Temporal, then Postgres, waits for both and gives the data directory free. Calling it again is harmless. */
  stop(): Promise<void>;
}
