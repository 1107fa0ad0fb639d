import {
  type AgentRunKind,
  assertNever,
  type Json,
  type JsonObject,
  type Plan,
  type ReviewResult,
  type SubtaskResult,
  type WorkResult,
} from '@fermata/contracts';
import { reviewResultSchema, subtaskResultSchema, workResultSchema } from '@fermata/contracts/schemas';
import { checkPlan } from '../planning/check-plan.js';
import { problemSentences } from '../planning/problem-sentences.js';
import { problemsOfData } from '../subtasks/result-schema.js';

/** What each kind of run passes to `finish`. */
export interface ResultByKind {
  plan: Plan;
  work: WorkResult;
  repair: WorkResult;
  review: ReviewResult;
  subtask: SubtaskResult;
}

export type CheckedResult<Result> = { result: Result } | { problems: string[] };

/**
 * The arguments of `finish` as the result of a run of that kind, or every reason why they are none.
 * @param resultSchema of a subtask: what its data must satisfy
 */
export function checkResult<Kind extends AgentRunKind>(
  kind: Kind,
  input: Json,
  resultSchema?: JsonObject | null,
): CheckedResult<ResultByKind[Kind]>;
export function checkResult(
  kind: AgentRunKind,
  input: Json,
  resultSchema: JsonObject | null = null,
): CheckedResult<ResultByKind[AgentRunKind]> {
  switch (kind) {
    case 'plan':
      return checkPlanResult(input);
    case 'work':
    case 'repair':
      return checkWork(input);
    case 'review':
      return checkReview(input);
    case 'subtask':
      return checkSubtask(input, resultSchema);
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

/** Data that nobody asked for is left out: the one who gets it would not know what it is. */
function checkSubtask(input: Json, resultSchema: JsonObject | null): CheckedResult<SubtaskResult> {
  const shaped = subtaskResultSchema.safeParse(input);
  if (!shaped.success) return { problems: problemSentences(shaped.error) };
  const { summary } = shaped.data;
  if (resultSchema === null) return { result: { summary } };
  const data = shaped.data.data as Json | undefined;
  const problems = problemsOfData(resultSchema, data);
  return data === undefined || problems.length > 0 ? { problems } : { result: { summary, data } };
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
