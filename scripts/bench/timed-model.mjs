import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { startScriptedModel } from '@fermata/scripted-model';
import { benchScript, isLastTurn, workRunOf } from './script.mjs';

/**
 * The scripted model, with the times of each exchange as Node's HTTP server sees them: when a request's head has arrived,
 * and when the last byte of its response was handed to the system. Neither has the server's own work in it.
 */
export async function startTimedModel() {
  const runs = new Map();
  const arrivals = new WeakMap();
  const exchanges = new Map();
  const finished = new Set();

  const server = await startScriptedModel({
    keepBodies: false,
    script: (conversation) => {
      const run = workRunOf(conversation);
      if (run !== null) runs.set(conversation.digest, { run, turn: conversation.assistantTurns });
      if (run !== null && isLastTurn(conversation)) finished.add(run);
      return benchScript(conversation);
    },
  });
  const onStart = ({ request }) => {
    arrivals.set(request, performance.now());
  };
  const onFinish = ({ request, response }) => {
    const id = response.getHeader('request-id');
    if (typeof id === 'string') exchanges.set(id, { arrivedAt: arrivals.get(request), answeredAt: performance.now() });
  };
  subscribe('http.server.request.start', onStart);
  subscribe('http.server.response.finish', onFinish);

  return {
    environment: {
      FERMATA_MODEL: 'scripted',
      ANTHROPIC_API_KEY: 'scripted',
      ANTHROPIC_BASE_URL: server.anthropicBaseUrl,
    },
    failures: () => server.failures(),
    /** Work runs since the last `forget` that were told to finish. */
    finishedRuns: () => finished.size,
    /** Exchanges of work runs since the last `forget`, in order: `Map<task id, { turn, arrivedAt, answeredAt }[]>`. */
    workRuns() {
      const byRun = new Map();
      for (const { id, conversationDigest } of server.requests()) {
        const known = runs.get(conversationDigest);
        const times = exchanges.get(id);
        if (!known || !times) continue;
        const exchangesOfRun = byRun.get(known.run) ?? [];
        byRun.set(known.run, exchangesOfRun);
        exchangesOfRun.push({ turn: known.turn, ...times });
      }
      return byRun;
    },
    forget() {
      server.reset();
      runs.clear();
      exchanges.clear();
      finished.clear();
    },
    async close() {
      unsubscribe('http.server.request.start', onStart);
      unsubscribe('http.server.response.finish', onFinish);
      await server.close();
    },
  };
}
