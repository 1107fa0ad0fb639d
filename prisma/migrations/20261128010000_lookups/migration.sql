-- What every call of a model looks up, found without reading through all steps of its run: each call took longer than the
-- one before.
DROP INDEX "agent_step_workspace_id_idx";
CREATE INDEX "agent_step_agent_run_id_call_id_idx" ON "agent_step" ("agent_run_id", "call_id");

-- As in 20261126060000_gateway, from the end of the index. The run has one workspace: the caller has locked it there.
CREATE OR REPLACE FUNCTION "next_step_index"("p_workspace" TEXT, "p_agent_run_id" TEXT) RETURNS INT LANGUAGE sql AS $$
  SELECT coalesce((
    SELECT "index" + 1 FROM "agent_step" WHERE "agent_run_id" = "p_agent_run_id" ORDER BY "index" DESC LIMIT 1
  ), 0);
$$;

-- As in 20261127010000_budget_tree, with one look at what is reserved for the call. It does not ask by the state: before there are
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

-- begin_model_call for the bearer of a token, by its hash: whose it is the caller may have looked up long ago. Once it has ended or was
-- replaced, no call is begun. A function of its own, so that a worker ahead of this change fails instead of asking nobody.
CREATE FUNCTION "begin_token_call"("p_workspace" TEXT, "p_token" TEXT, "p_call" JSONB, "p_hold" JSONB, "p_step" JSONB, "p_events" JSONB) RETURNS JSONB LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM "gateway_token"
  WHERE "hash" = "p_token" AND "workspace_id" = "p_workspace" AND "agent_run_id" = "p_step"->>'agentRunId' AND "ended_at" IS NULL
  FOR SHARE;
  IF NOT FOUND THEN
    RETURN jsonb_build_object('outcome', 'ended');
  END IF;
  RETURN begin_model_call("p_workspace", "p_call", "p_hold", "p_step", "p_events");
END;
$$;
