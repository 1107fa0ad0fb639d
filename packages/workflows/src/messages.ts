import type { ApprovalId } from '@fermata/contracts';
import { defineSignal } from '@temporalio/workflow';

/** Someone decided: look at the row. Safe to send twice. */
export const approvalDecided = defineSignal<[ApprovalId]>('approvalDecided');

/** Someone paused, resumed, cancelled, reopened a task or raised a budget: look at the rows. Safe to send twice. */
export const ordersChanged = defineSignal('ordersChanged');

/** It may be its turn to land: look at the queue. Safe to send twice, and to lose: the one that waits asks again. */
export const landingTurn = defineSignal('landingTurn');
