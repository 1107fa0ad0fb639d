import {
  type AgentRunKind,
  assertNever,
  type Json,
  type Plan,
  type ReviewResult,
  type WorkResult,
} from '@fermata/contracts';
import { reviewResultSchema, workResultSchema } from '@fermata/contracts/schemas';
import { checkPlan } from '../planning/check-plan.js';
import { problemSentences } from '../planning/problem-sentences.js';

/** What each kind of run passes to `finish`. */
export interface ResultByKind {
  plan: Plan;
  work: WorkResult;
  repair: WorkResult;
  review: ReviewResult;
}

export type CheckedResult<Result> = { result: Result } | { problems: string[] };

/** The arguments of `finish` as the result of a run of that kind, or every reason why they are none. */
export function checkResult<Kind extends AgentRunKind>(kind: Kind, input: Json): CheckedResult<ResultByKind[Kind]>;
export function checkResult(kind: AgentRunKind, input: Json): CheckedResult<ResultByKind[AgentRunKind]> {
  switch (kind) {
    case 'plan':
      return checkPlanResult(input);
    case 'work':
    case 'repair':
      return checkWork(input);
    case 'review':
      return checkReview(input);
    default:
      return assertNever(kind);
  }
}

function checkPlanResult(input: Json): CheckedResult<Plan> {
  const checked = checkPlan(input);
  return 'plan' in checked ? { result: checked.plan } : checked;
}

function checkWork(input: Json): CheckedResult<WorkResult> {
  const shaped = workResultSchema.safeParse(input);
  return shaped.success ? { result: shaped.data } : { problems: problemSentences(shaped.error) };
}

/** A verdict must agree with its findings: an approval holds nothing back, and a refusal says what to do. */
function checkReview(input: Json): CheckedResult<ReviewResult> {
  const shaped = reviewResultSchema.safeParse(input);
  if (!shaped.success) return { problems: problemSentences(shaped.error) };
  const { verdict, findings } = shaped.data;
  if (verdict === 'request_changes') {
    return findings.length > 0
      ? { result: shaped.data }
      : { problems: ['findings: "request_changes" needs at least one'] };
  }
  const problems = findings.flatMap(({ severity }, index) =>
    severity === 'minor' ? [] : [`findings[${index}].severity: "${severity}" does not go with the verdict "approve"`],
  );
  return problems.length > 0 ? { problems } : { result: shaped.data };
}
