-- What every call of a model looks up, found without reading through all steps of its run or all budgets of its workspace: each
-- call took longer than the one before.
DROP INDEX "agent_step_workspace_id_idx";
CREATE INDEX "agent_step_agent_run_id_call_id_idx" ON "agent_step" ("agent_run_id", "call_id");
DROP INDEX "budget_workspace_id_idx";
CREATE INDEX "budget_workspace_id_subject_id_idx" ON "budget" ("workspace_id", "subject_id");

-- As in 20261126060000_gateway, from the end of the index. The run has one workspace: the caller has locked it there.
CREATE OR REPLACE FUNCTION "next_step_index"("p_workspace" TEXT, "p_agent_run_id" TEXT) RETURNS INT LANGUAGE sql AS $$
  SELECT coalesce((
    SELECT "index" + 1 FROM "agent_step" WHERE "agent_run_id" = "p_agent_run_id" ORDER BY "index" DESC LIMIT 1
  ), 0);
$$;

-- As in 20261127010000_budget_tree, with one look at what is reserved for the call. It asks by the key alone: before there are
-- statistics, Postgres would rather go through all that is held in the workspace.
CREATE OR REPLACE FUNCTION "hold_budgets"("p_workspace" TEXT, "p_key" TEXT, "p_micros" BIGINT, "p_subjects" TEXT[], "p_ids" TEXT[]) RETURNS JSONB LANGUAGE plpgsql AS $$
DECLARE
  "budget_ids" TEXT[] := lock_budgets("p_workspace", "p_subjects");
  "moment" TIMESTAMPTZ := clock_timestamp();
  "absent" TEXT;
  "states" TEXT[];
  "full" JSONB;
BEGIN
  IF cardinality("budget_ids") < cardinality("p_subjects") THEN
    SELECT "subject" INTO "absent" FROM unnest("p_subjects") AS "asked"("subject")
    WHERE NOT EXISTS (SELECT 1 FROM "budget" WHERE "id" = ANY("budget_ids") AND "subject_id" = "subject") LIMIT 1;
    IF FOUND THEN
      RETURN jsonb_build_object('outcome', 'missing', 'subjectId', "absent");
    END IF;
  END IF;

  "states" := ARRAY(SELECT "state" FROM "budget_reservation" WHERE "workspace_id" = "p_workspace" AND "key" = "p_key");
  IF 'settled' = ANY("states") THEN
    RETURN jsonb_build_object('outcome', 'settled');
  END IF;

  SELECT jsonb_build_object('outcome', 'refused', 'budgetId', "id", 'scope', "scope", 'subjectId', "subject_id",
    'period', "limit"."period", 'limitMicros', "limit"."limit_micros", 'spentMicros', "limit"."spent_micros",
    'heldMicros', "held_micros", 'endsInMs', ceil(extract(epoch FROM "ends_at" - "moment") * 1000),
    'endsAt', to_char("ends_at" AT TIME ZONE "time_zone", 'YYYY-MM-DD HH24:MI') || ' ' || "time_zone") INTO "full"
  FROM budget_limits("p_workspace", "budget_ids", "moment") AS "limit" JOIN "budget" ON "id" = "budget_id"
  WHERE "limit"."spent_micros" + "held_micros" + "p_micros" > "limit"."limit_micros"
    AND NOT EXISTS (
      SELECT 1 FROM "budget_reservation"
      WHERE "budget_id" = "budget"."id" AND "key" = "p_key" AND "state" = 'held'
    )
  ORDER BY "p_micros" > "limit"."limit_micros" DESC, "limit"."spent_micros" + "p_micros" > "limit"."limit_micros" DESC,
           "ends_at" DESC NULLS FIRST, "id"
  LIMIT 1;
  IF FOUND THEN
    RETURN "full";
  END IF;

  WITH "held" AS (
    INSERT INTO "budget_reservation" ("id", "workspace_id", "budget_id", "key", "state", "held_micros", "created_at")
    SELECT "reservation_id", "p_workspace", "budget"."id", "p_key", 'held', "p_micros", "moment"
    FROM unnest("p_subjects", "p_ids") AS "asked"("subject", "reservation_id")
    JOIN "budget" ON "budget"."subject_id" = "subject" AND "budget"."workspace_id" = "p_workspace"
    ON CONFLICT ("budget_id", "key") DO UPDATE
      SET "state" = 'held', "held_micros" = "p_micros", "created_at" = "moment", "closed_at" = NULL
      WHERE "budget_reservation"."state" = 'released'
    RETURNING "budget_id"
  )
  UPDATE "budget" SET "held_micros" = "budget"."held_micros" + "p_micros", "updated_at" = "moment"
  FROM "held" WHERE "budget"."id" = "held"."budget_id";
  RETURN jsonb_build_object('outcome', 'held', 'already', 'held' = ANY("states"));
END;
$$;

-- As in 20261127080000_gateway_routing, for the bearer of a token: `p_call` has its hash (`token`; absent from workers of before). Once
-- it has ended the call is not begun, so that whose token it is need not be looked up for each call.
CREATE OR REPLACE FUNCTION "begin_model_call"("p_workspace" TEXT, "p_call" JSONB, "p_hold" JSONB, "p_step" JSONB, "p_events" JSONB) RETURNS JSONB LANGUAGE plpgsql AS $$
DECLARE
  "admission" JSONB;
  "outcome" JSONB;
BEGIN
  IF "p_call" ? 'token' AND NOT EXISTS (
    SELECT 1 FROM "gateway_token" WHERE "hash" = "p_call"->>'token' AND "agent_run_id" = "p_step"->>'agentRunId'
      AND "workspace_id" = "p_workspace" AND "ended_at" IS NULL
  ) THEN
    RETURN jsonb_build_object('outcome', 'ended');
  END IF;
  "admission" := admit_model_call("p_call"->'upstream');
  IF "admission"->>'outcome' <> 'admitted' THEN
    RETURN "admission";
  END IF;
  "outcome" := begin_gateway_call("p_workspace", "p_hold", "p_step", "p_events");
  IF "outcome"->>'outcome' = 'held' AND "admission"->>'probe' = 'true' THEN
    PERFORM claim_model_probe("p_call"->'upstream');
  END IF;
  IF "outcome"->>'outcome' = 'held' AND "p_call" ? 'choice' THEN
    UPDATE "agent_step" SET "model_choice" = "p_call"->'choice'
    WHERE "workspace_id" = "p_workspace" AND "agent_run_id" = "p_step"->>'agentRunId' AND "kind" = 'model'
      AND "call_id" = "p_step"->>'callId' AND "model_choice" IS NULL;
    IF FOUND AND jsonb_array_length("p_call"->'events') > 0 THEN
      PERFORM record_change("p_workspace", "p_call"->'events', '[]');
    END IF;
  END IF;
  RETURN "outcome" || jsonb_build_object('unwell', "admission"->'unwell');
END;
$$;
