export { type EditedPlan, editPlan, type PlanEdit } from './edit-plan.js';
export { type OrderGiver } from './order-giver.js';
export { type CancelOrder, cancelRun, pauseRun, resumeRun } from './run-orders.js';
export { type BudgetOrder, type BudgetSet, setBudget } from './set-budget.js';
export { setTimeZone, type TimeZoneSet } from './set-time-zone.js';
export { type Goal, submitGoal } from './submit-goal.js';
export { cancelTask, retryTask } from './task-orders.js';
