/** Ends a call that hears nothing from the provider for too long, or whose caller gave up. */
export interface SilenceWatch {
  /** Aborted by the caller's signal or by silence. */
  signal: AbortSignal;
  /** The global fetch, with every byte received counted as a sign of life: SDKs hide pings. */
  fetch: typeof globalThis.fetch;
  readonly timedOut: boolean;
  stop(): void;
}

/** @param onSign called with every byte received */
export function watchSilence(limitMs: number, caller?: AbortSignal, onSign?: () => void): SilenceWatch {
  const controller = new AbortController();
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    controller.abort();
  }, limitMs);
  const heard = () => {
    timer.refresh();
    onSign?.();
  };
  const giveUp = () => controller.abort();
  caller?.addEventListener('abort', giveUp, { once: true });
  if (caller?.aborted) giveUp();
  return {
    signal: controller.signal,
    fetch: async (input, init) => {
      const response = await globalThis.fetch(input, init);
      heard();
      return response.body ? listenedTo(response, response.body, heard) : response;
    },
    get timedOut() {
      return timedOut;
    },
    stop() {
      clearTimeout(timer);
      caller?.removeEventListener('abort', giveUp);
    },
  };
}

function listenedTo(response: Response, body: NonNullable<Response['body']>, heard: () => void): Response {
  const ear = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, out) {
      heard();
      out.enqueue(chunk);
    },
  });
  const { status, statusText, headers } = response;
  return new Response(body.pipeThrough(ear), { status, statusText, headers });
}
