import { describe, expect, it } from 'vitest';
import { type ModelCircuit, renderStatus, type StatusDocument } from './status.js';
import { uncoloured } from './style.js';

const now = new Date('2026-01-31T12:00:00.000Z');
const ago = (seconds: number) => new Date(now.getTime() - seconds * 1_000).toISOString();
const box = {
  ...{ id: 'a1', name: 'box', version: '0.1.0', containment: 'bubblewrap', startedAt: ago(600) },
  ...{ lastSeenAt: ago(3), stoppedAt: null, alive: true },
};

function shown(
  hosts: StatusDocument['status']['hosts'],
  kind: 'work' | 'worker' = 'work',
  modelCircuits: ModelCircuit[] = [],
): string {
  const document: StatusDocument = {
    ...{ url: 'http://127.0.0.1:1', temporalUiUrl: null },
    me: { principalId: 'prn_1', name: 'admin', role: 'admin', workspace: { id: 'wsp_1', name: 'default' } },
    status: {
      ...{ hosts, modelCircuits, okrRuns: [], tasks: [], agentRuns: [], changeRequests: [], pendingApprovals: 0 },
      waiting: [{ type: 'Task', kind, count: 2, since: ago(50) }],
    },
  };
  return renderStatus(document, { style: uncoloured, width: 100, now });
}

describe('the status', () => {
  it('names the workers that are alive', () => {
    const text = shown([box]);
    expect(text).toContain('box (host a1) is alive, last heard of 3 s ago');
    expect(text).toContain('2 tasks at work');
    expect(text).not.toContain('No worker');
  });

  it('says plainly that nothing goes on when none is, and the way out', () => {
    const silent = { ...box, lastSeenAt: ago(50), alive: false };
    const stopped = { ...box, id: 'b2', stoppedAt: ago(90), alive: false };
    const text = shown([silent, stopped], 'worker');
    expect(text).toContain('box (host a1) has not been heard of since 50 s ago');
    expect(text).toMatch(/box \(host b2\) was stopped 1 min.* ago/);
    expect(text).toContain(
      'No worker is alive: nothing goes on until one is. Nothing is lost. `fermata up` starts one',
    );
    expect(text).toContain('2 tasks waiting for a worker');
    expect(shown([])).toContain('No worker is alive');
  });

  it('says which providers are away, why and until when, and nothing when all answer', () => {
    const open = {
      ...{ provider: 'anthropic', host: 'api.anthropic.com', model: 'claude-opus-5-5', circuit: 'open' as const },
      ...{ failures: 5, reason: 'HTTP 529', since: ago(40), until: '2026-01-31T12:00:20.000Z' },
    };
    const text = shown([box], 'work', [
      open,
      { ...open, model: 'claude-haiku-4-5', circuit: 'closed', reason: 'HTTP 429' },
    ]);
    expect(text).toContain(
      'claude-opus-5-5 at api.anthropic.com is away (HTTP 529): no call until 2026-01-31T12:00:20.000Z, since 40 s ago',
    );
    expect(text).toContain('claude-haiku-4-5 at api.anthropic.com limits calls (HTTP 429) until');
    expect(shown([box])).not.toContain('Model providers');
  });
});
