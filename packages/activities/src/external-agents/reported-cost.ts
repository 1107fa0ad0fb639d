import { CostSource, formatUsd, microsPerUsd, noUsage, type PresetLogin } from '@fermata/contracts';
import type { SessionUpdate } from '@fermata/core/external-agents';
import { subjectsOf } from '../agent-runs/call-choice.js';
import type { Segment } from './segment.js';

/**
 * Books what an agent with a login of its own says it has cost. Until it says something the cost of its run is unknown; it
 * is never taken for nothing.
 */
export class ReportedCost {
  private lastMicros = 0;
  private booking: Promise<void> = Promise.resolve();
  private failure: Error | null = null;

  private constructor(
    private readonly segment: Segment,
    private readonly onSpent: () => void,
  ) {}

  /** @param onSpent - the budget of the run is spent */
  static async open(segment: Segment, { reportsCostOf }: PresetLogin, onSpent: () => void): Promise<ReportedCost> {
    const { workspace, run } = segment;
    const cost = new ReportedCost(segment, onSpent);
    const { costMicros, costSource } = await workspace.agentRuns.get(run.id);
    if (reportsCostOf === 'session' && run.externalSession !== null) cost.lastMicros = Number(costMicros);
    if (costSource === CostSource.metered) await workspace.agentRuns.saveCostSource(run.id, CostSource.unknown);
    return cost;
  }

  hear(update: SessionUpdate): void {
    if (update.sessionUpdate !== 'usage_update' || !update.cost || update.cost.currency !== 'USD') return;
    const { amount } = update.cost;
    if (!Number.isFinite(amount) || amount < 0) return;
    const micros = Math.ceil(amount * microsPerUsd);
    // What is less than before counts from the beginning of something new.
    const more = micros >= this.lastMicros ? micros - this.lastMicros : micros;
    this.lastMicros = micros;
    this.booking = this.booking
      .then(() => this.book(more))
      .catch((error: unknown) => {
        this.failure ??= error instanceof Error ? error : new Error(String(error));
      });
  }

  /**
   * Everything is booked.
   * @throws what that failed with
   */
  async settled(): Promise<void> {
    await this.booking;
    if (this.failure !== null) throw this.failure;
  }

  private async book(costMicros: number): Promise<void> {
    const { workspace, run } = this.segment;
    await workspace.agentRuns.saveCostSource(run.id, CostSource.reported);
    if (costMicros === 0) return;
    const subjectIds = subjectsOf(workspace, run);
    await workspace.steps.reportCost(
      {
        ...{ agentRunId: run.id, okrRunId: run.okrRunId, taskId: run.taskId, kind: 'note', name: 'cost' },
        state: 'succeeded',
        output: { text: `The agent reports a cost of ${formatUsd(costMicros)}.`, mediaType: 'text/plain' },
      },
      { model: run.model, usage: noUsage, costMicros },
      { key: `reported:${run.id}:${crypto.randomUUID()}`, subjectIds },
    );
    const percent = await workspace.budgets.percentSpent(subjectIds);
    if (percent !== null && percent >= 100) this.onSpent();
  }
}
