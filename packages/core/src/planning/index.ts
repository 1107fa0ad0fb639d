export { checkPlan, type CheckedPlan } from './check-plan.js';
export {
  estimatePlanCost,
  type PlanCostAssumptions,
  planCostAssumptions,
  type PlanCostEstimate,
  type RunAssumption,
} from './estimate-plan-cost.js';
