import {
  type AgentRunState,
  agentRunTransitions,
  type ApprovalState,
  approvalTransitions,
  type ChangeRequestState,
  changeRequestTransitions,
  type EffectState,
  effectTransitions,
  EventType,
  type OkrRunState,
  okrRunTransitions,
  type TaskState,
  taskTransitions,
} from '@fermata/contracts';
import type * as rows from '../generated/client.js';
import type { Prisma } from '../generated/client.js';
import { optional } from '../optional.js';
import type { StateMachine } from './move-state.js';

export const okrRunMachine: StateMachine<OkrRunState, rows.OkrRun, Prisma.OkrRunUpdateManyMutationInput> = {
  noun: 'OKR run',
  table: okrRunTransitions,
  eventType: EventType.okrRunStateChanged,
  find: (tx, where) => tx.okrRun.findFirst({ where }),
  update: (tx, where, data) => tx.okrRun.updateManyAndReturn({ where, data }),
  belongsTo: (run) => ({ okrRunId: run.id }),
};

export const taskMachine: StateMachine<TaskState, rows.Task, Prisma.TaskUpdateManyMutationInput> = {
  noun: 'task',
  table: taskTransitions,
  eventType: EventType.taskStateChanged,
  find: (tx, where) => tx.task.findFirst({ where }),
  update: (tx, where, data) => tx.task.updateManyAndReturn({ where, data }),
  belongsTo: (task) => ({ okrRunId: task.okrRunId, taskId: task.id }),
};

export const agentRunMachine: StateMachine<AgentRunState, rows.AgentRun, Prisma.AgentRunUpdateManyMutationInput> = {
  noun: 'agent run',
  table: agentRunTransitions,
  eventType: EventType.agentRunStateChanged,
  find: (tx, where) => tx.agentRun.findFirst({ where }),
  update: (tx, where, data) => tx.agentRun.updateManyAndReturn({ where, data }),
  belongsTo: (run) => ({ okrRunId: run.okrRunId, ...optional({ taskId: run.taskId }), agentRunId: run.id }),
};

export const changeRequestMachine: StateMachine<
  ChangeRequestState,
  rows.ChangeRequest,
  Prisma.ChangeRequestUpdateManyMutationInput
> = {
  noun: 'change request',
  table: changeRequestTransitions,
  eventType: EventType.changeRequestStateChanged,
  find: (tx, where) => tx.changeRequest.findFirst({ where }),
  update: (tx, where, data) => tx.changeRequest.updateManyAndReturn({ where, data }),
  belongsTo: ({ okrRunId, taskId }) => ({ okrRunId, taskId }),
};

export const approvalMachine: StateMachine<ApprovalState, rows.Approval, Prisma.ApprovalUpdateManyMutationInput> = {
  noun: 'approval',
  table: approvalTransitions,
  eventType: EventType.approvalDecided,
  find: (tx, where) => tx.approval.findFirst({ where }),
  update: (tx, where, data) => tx.approval.updateManyAndReturn({ where, data }),
  belongsTo: ({ okrRunId, taskId, agentRunId }) => ({ okrRunId, ...optional({ taskId, agentRunId }) }),
};

export const effectMachine: StateMachine<EffectState, rows.Effect, Prisma.EffectUpdateManyMutationInput> = {
  noun: 'effect',
  table: effectTransitions,
  eventType: null,
  find: (tx, where) => tx.effect.findFirst({ where }),
  update: (tx, where, data) => tx.effect.updateManyAndReturn({ where, data }),
  belongsTo: () => ({}),
};
