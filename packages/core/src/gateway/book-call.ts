import { setTimeout as sleep } from 'node:timers/promises';
import { noUsage, type Usage } from '@fermata/contracts';
import { likelyTokensOf } from '../models/estimate-usage.js';
import type { AnswerReader, ReportedUsage } from './dialects/dialect.js';
import type { GatewayCallEnd } from './gateway-ports.js';
import type { MissedAnswer } from './missed-answer.js';
import type { OpenCall } from './open-call.js';
import { reckonCost } from './prepare-call.js';

/** What is known of a call when it is over. */
export interface CallOutcome {
  startedAt: number;
  /** The provider may bill it: it had the request and did not refuse it. */
  billed: boolean;
  reader: AnswerReader;
  status: number | null;
  requestId: string | null;
  /** There was no answer, and the client does not know yet. */
  missed?: MissedAnswer;
}

const tries = 5;

/** What the ledger is told. Counts are the provider's own only when it gave them and the answer came to its end. */
export function reckonCall({ callId, upstream, prepared }: OpenCall, outcome: CallOutcome): GatewayCallEnd {
  const { startedAt, billed, reader, status, requestId } = outcome;
  const about = { callId, model: reader.model ?? upstream.model, status, requestId };
  const durationMs = Math.round(performance.now() - startedAt);
  if (!billed) return { ...about, durationMs, outcome: 'refused', usage: noUsage, costMicros: 0 };
  const counted = reader.complete ? reader.usage : null;
  const { longCacheWriteTokens, ...usage } = counted ?? estimate(reader, prepared.likelyInputTokens);
  const costMicros = reckonCost({ ...usage, longCacheWriteTokens }, upstream.price);
  const isExact = counted !== null && !isDearer(usage, upstream.contextWindow);
  return {
    ...about,
    durationMs,
    outcome: counted === null ? 'broken' : 'answered',
    usage: isExact ? usage : { ...usage, estimated: true },
    costMicros,
  };
}

function estimate(reader: AnswerReader, likelyInputTokens: number): ReportedUsage {
  const reported = reader.usage ?? { ...noUsage, inputTokens: likelyInputTokens, longCacheWriteTokens: 0 };
  return { ...reported, outputTokens: Math.max(reported.outputTokens, likelyTokensOf(reader.characters)) };
}

/** Providers bill long prompts at another price, which is not known here. */
function isDearer({ inputTokens, cacheReadTokens, cacheWriteTokens }: Usage, contextWindow: number | null): boolean {
  return contextWindow !== null && inputTokens + cacheReadTokens + cacheWriteTokens > contextWindow;
}

/** Books a call. A ledger that fails is asked again; what cannot be booked stays held, for the run's end to find. */
export async function bookCall({ context, grant }: OpenCall, end: GatewayCallEnd): Promise<void> {
  const { ports, limits } = context;
  for (let attempt = 1; attempt <= tries; attempt += 1) {
    try {
      await ports.ledger.end(grant, end);
      return;
    } catch (error) {
      ports.onFailure?.('end', error);
      if (attempt < tries) await sleep(limits.bookAgainMs * attempt);
    }
  }
}
