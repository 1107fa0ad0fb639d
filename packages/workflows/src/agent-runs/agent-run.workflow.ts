/**
 * One attempt by one agent at a task, a part of one, a plan or a review.
 *
 * Steps: begin, ask the agent's MCP servers for their tools if it has any, then turn after turn: hold if paused, ask a
 * person if a guard stops it, call the model, run the tools it asked for (quick ones here, if its worktree is; the others on
 * the queue of its host), until `finish` is accepted. Then end. A subtask that it asked for is a child of the same type, and
 * is waited for. An agent that is a program of its own works in stretches instead (`external-agent.ts`).
 * Messages: `ordersChanged` (pause, resume, cancel, budget raised), `approvalDecided`.
 * Survives: any crash. Every answer and every tool result is a row before the loop goes on, so nothing paid for is paid
 * twice; an unsafe tool that may have run is reported to the model as unknown. Between turns it continues as new when
 * the server suggests it.
 */
import {
  type AgentRunEnd,
  type AgentRunInput,
  type AgentRunSetup,
  budgetWaiting,
  type CallRef,
  type Failure,
  type ModelTurn,
  type NamedCallRef,
  type PlannedCall,
  spawnTaskTool,
  type ToolTurn,
} from '@fermata/contracts';
import {
  CancellationScope,
  condition,
  continueAsNew,
  isCancellation,
  patched,
  workflowInfo,
} from '@temporalio/workflow';
import { type ApprovalGate, openApprovalGate } from '../approvals/approval-gate.js';
import { failureOf, isLasting, isSettleable } from '../failures.js';
import { Orders } from '../orders/orders.js';
import { askedOfPerson } from '../waiting/waits.js';
import {
  allowMore,
  batchesOf,
  guardReason,
  type LoopMemory,
  maxRefusedResults,
  newMemory,
  rememberCalls,
  rememberOutcome,
} from './agent-run.state.js';
import { callModel, localFrame, queuedFrame, runQuickTool, steps, toolsOn } from './agent-steps.js';
import { ExternalAgent } from './external-agent.js';
import { runSubtask } from './run-subtask.js';

export async function agentRun(input: AgentRunInput, memory?: LoopMemory): Promise<AgentRunEnd> {
  const gate = openApprovalGate();
  const isLocal = patched('local-steps');
  const orders = new Orders({
    okrRunId: input.okrRunId,
    ...(input.taskId && { taskId: input.taskId }),
    subject: { type: 'agent_run', id: input.agentRunId },
    readsWhole: isLocal,
  });
  const frame = isLocal ? localFrame : queuedFrame;
  let end: AgentRunEnd;
  try {
    end = await orders.obeyedBy(async () => {
      const setup = await frame.beginAgentRun({ agentRunId: input.agentRunId });
      if (setup.ended) return setup.ended;
      if (setup.runtime !== 'api') return new ExternalAgent(input, setup, { gate, orders }).run();
      return new AgentLoop(input, setup, {
        ...{ gate, orders, frame },
        memory: memory ?? newMemory(setup.maxSteps),
        triesQuickly: isLocal,
      }).run();
    });
  } catch (error) {
    if (!isSettleable(error)) throw error;
    end = isCancellation(error)
      ? { state: 'cancelled', failure: null }
      : { state: 'failed', failure: failureOf(error) };
  }
  return CancellationScope.nonCancellable(() => frame.endAgentRun({ agentRunId: input.agentRunId, ...end }));
}

interface LoopParts {
  gate: ApprovalGate;
  orders: Orders;
  memory: LoopMemory;
  /** What the run is begun and ended by. */
  frame: typeof localFrame;
  /** Until one is declined: the worktree is on another host, or must be made again. */
  triesQuickly: boolean;
}

class AgentLoop {
  private index: number;
  private readonly tools;
  private beganAt = Date.now();

  constructor(
    private readonly input: AgentRunInput,
    private readonly setup: AgentRunSetup,
    private readonly parts: LoopParts,
  ) {
    this.index = setup.nextIndex;
    this.tools = toolsOn(setup.hostQueue);
  }

  async run(): Promise<AgentRunEnd> {
    if (this.setup.listsMcpTools) await this.tools.listMcpTools({ agentRunId: this.input.agentRunId });
    for (;;) {
      const stopped = await this.passGuards();
      if (stopped) return stopped;
      await this.parts.orders.hold();
      const end = await this.takeTurn();
      if (end) return end;
      if (!workflowInfo().continueAsNewSuggested) continue;
      await continueAsNew<typeof agentRun>(this.input, { ...this.parts.memory, workedMs: this.workedMs() });
    }
  }

  /** One model call and everything it asked for. Returns how the run ends, if it does. */
  private async takeTurn(): Promise<AgentRunEnd | null> {
    const modelIndex = this.index++;
    const { calls } = await this.callModelWithinBudget(modelIndex);
    rememberCalls(this.parts.memory, calls);
    if (calls.length === 0)
      await this.note('Nothing was called. Go on with the tools, or call finish if the work is done.');
    for (const batch of batchesOf(calls)) {
      await this.parts.orders.hold();
      const ends = await Promise.all(batch.map((call) => this.answer(call, modelIndex)));
      const end = ends.find((one) => one !== null);
      if (end) return end;
    }
    return null;
  }

  /** The end of a wait for money is said by the call itself, as soon as its reservation fits. */
  private async callModelWithinBudget(index: number): Promise<Extract<ModelTurn, { outcome: 'answered' }>> {
    for (;;) {
      const changes = this.parts.orders.count;
      const turn = await callModel({ agentRunId: this.input.agentRunId, index });
      if (turn.outcome === 'answered') return turn;
      const { orders } = this.parts;
      await orders.waits.say(budgetWaiting(turn));
      await orders.waits.remembered(budgetWaiting(turn), () => moved(() => orders.count > changes, turn.askAgainInMs));
      await orders.hold();
    }
  }

  private async answer(call: PlannedCall, modelIndex: number): Promise<AgentRunEnd | null> {
    const ref: CallRef = { agentRunId: this.input.agentRunId, modelIndex, index: this.index++, callId: call.callId };
    if (call.toolClass === null) {
      await steps.refuseCall({ ...ref, reason: `There is no tool named "${call.name}".` });
      return null;
    }
    if (call.toolClass !== 'control') {
      await this.runTool({ ...ref, name: call.name }, call);
      return null;
    }
    return this.decide(call.name, ref);
  }

  private async decide(name: string, ref: CallRef): Promise<AgentRunEnd | null> {
    if (name === 'finish') return this.finish(ref);
    if (name === spawnTaskTool) await runSubtask(this.parts.orders, this.input, ref);
    else await this.askHuman(ref);
    return null;
  }

  /** What the policy leaves to a person is asked, and tried again when there is an answer: the tool reads it. */
  private async runTool(ref: NamedCallRef, call: PlannedCall): Promise<void> {
    for (;;) {
      const turn = (call.quick && (await this.runQuickly(ref))) ?? (await this.tools.runTool(ref));
      rememberOutcome(this.parts.memory, turn);
      if (turn.state !== 'asked') return;
      const { gate, orders } = this.parts;
      await orders.waits.during(askedOfPerson(turn.detail, turn.approvalId), () => gate.answer(turn));
      await orders.hold();
    }
  }

  /** Null: nothing came of it here. The call is made on the queue of the worktree's host, which a cancel reaches. */
  private async runQuickly(ref: NamedCallRef): Promise<ToolTurn | null> {
    if (!this.parts.triesQuickly) return null;
    try {
      const turn = await runQuickTool(ref);
      if (turn.state !== 'declined') return turn;
      this.parts.triesQuickly = !turn.lasting;
    } catch (error) {
      if (!isSettleable(error) || isLasting(error)) throw error;
    }
    return null;
  }

  private async finish(ref: CallRef): Promise<AgentRunEnd | null> {
    const result = await this.parts.frame.acceptResult(ref);
    if (result.accepted) return { state: 'succeeded', failure: null };
    this.parts.memory.refusedResults += 1;
    return this.parts.memory.refusedResults < maxRefusedResults ? null : this.refused(result.problems);
  }

  private refused(problems: readonly string[]): AgentRunEnd {
    const code = this.setup.kind === 'plan' ? 'plan_invalid' : 'tool_input_invalid';
    const message = `The ${this.setup.kind} was refused ${maxRefusedResults} times. Last: ${problems.join('; ')}`;
    return { state: 'failed', failure: { code, message, details: { problems: [...problems] } } };
  }

  private async askHuman(ref: CallRef): Promise<void> {
    const question = await steps.askHuman(ref);
    const { gate, orders } = this.parts;
    const asked = askedOfPerson('The agent asks a question.', question.approvalId);
    const timedOut = await orders.waits.during(asked, () => gate.waitedInVain(question));
    await steps.recordHumanAnswer({ ...ref, approvalId: question.approvalId, timedOut });
  }

  /** A guard ends in a question to a person, with the facts, not in a crash. */
  private async passGuards(): Promise<AgentRunEnd | null> {
    const { maxWorkMs } = this.setup;
    const taken = { steps: this.index, workedMs: this.workedMs(), ...(maxWorkMs !== undefined && { maxWorkMs }) };
    const reason = guardReason(this.parts.memory, taken);
    if (reason === null) return null;
    const { gate, orders } = this.parts;
    await orders.hold();
    const question = await steps.askToContinue({ agentRunId: this.input.agentRunId, index: this.index, reason });
    const asked = askedOfPerson(reason, question.approvalId);
    const { state } = await orders.waits.during(asked, () => gate.answer(question));
    if (state !== 'approved') return { state: 'failed', failure: this.stopped(reason) };
    allowMore(this.parts.memory, this.index, this.setup.maxSteps);
    this.beganAt = Date.now() - orders.waits.waitedMs;
    await this.note(`A person lets you go on. You were stopped because: ${reason}`);
    return null;
  }

  private workedMs(): number {
    const { memory, orders } = this.parts;
    return (memory.workedMs ?? 0) + Date.now() - this.beganAt - orders.waits.waitedMs;
  }

  private stopped(reason: string): Failure {
    return { code: 'timeout', message: `Stopped by a guard: ${reason}` };
  }

  private note(text: string): Promise<void> {
    return steps.addNote({ agentRunId: this.input.agentRunId, index: this.index++, text });
  }
}

/** Resolves when it is so, and after `atMostMs` in any case. */
async function moved(isSo: () => boolean, atMostMs: number | undefined): Promise<void> {
  if (atMostMs === undefined) await condition(isSo);
  else await condition(isSo, atMostMs, { summary: 'Ask again whether the budget has room' });
}
