-- The budget tree: every model call is held against, and counted in, the budgets of its workspace, agent, OKR run and
-- task. Each may have a limit for all time and limits for the day, week and month in the zone of the workspace.
ALTER TABLE "workspace" ADD COLUMN "time_zone" TEXT NOT NULL DEFAULT 'UTC';

-- A limit of one period, and what was spent in the period that began on `began_on` (a date in the workspace's zone). What
-- is held is held of the budget as a whole: it is spent in the period in which its call ends. The row of the budget is
-- locked before a row of it here is read or written.
CREATE TABLE "budget_period" (
  "budget_id" TEXT NOT NULL,
  "period" TEXT NOT NULL,
  "workspace_id" TEXT NOT NULL,
  "limit_micros" BIGINT NOT NULL,
  "spent_micros" BIGINT NOT NULL,
  "began_on" DATE NOT NULL,
  CONSTRAINT "budget_period_pkey" PRIMARY KEY ("budget_id", "period"),
  CONSTRAINT "budget_period_budget_id_fkey" FOREIGN KEY ("budget_id") REFERENCES "budget"("id") ON DELETE RESTRICT ON UPDATE CASCADE,
  CONSTRAINT "budget_period_period_check" CHECK ("period" IN ('day', 'week', 'month')),
  CONSTRAINT "budget_period_amounts_check" CHECK ("limit_micros" >= 0 AND "spent_micros" >= 0)
);

-- For reports by time, and for whether some of what was spent was estimated.
CREATE INDEX "cost_entry_workspace_id_at_idx" ON "cost_entry" ("workspace_id", "at");
CREATE INDEX "cost_entry_workspace_id_estimated_idx" ON "cost_entry" ("workspace_id", "estimated");

-- What was spent before there was a tree. A budget that is opened has the number of its subject, as in open_budgets.
INSERT INTO "budget" ("id", "workspace_id", "scope", "subject_id", "spent_micros", "updated_at")
SELECT 'bud_' || split_part("subject_id", '_', 2), "entry"."workspace_id", "scope", "subject_id", sum("entry"."cost_micros"), now()
FROM "cost_entry" AS "entry"
JOIN "agent_run" AS "run" ON "run"."id" = "entry"."agent_run_id"
CROSS JOIN LATERAL (VALUES ('workspace', "entry"."workspace_id"), ('agent', "run"."agent_id"), ('task', "entry"."task_id")) AS "above"("scope", "subject_id")
WHERE "subject_id" IS NOT NULL
GROUP BY "entry"."workspace_id", "scope", "subject_id"
ON CONFLICT DO NOTHING;

-- The period of a kind (day, week, month) that a moment belongs to, in a zone. Weeks begin on Monday.
CREATE FUNCTION "period_at"("p_period" TEXT, "p_zone" TEXT, "p_at" TIMESTAMPTZ)
RETURNS TABLE ("began_on" DATE, "starts_at" TIMESTAMPTZ, "ends_at" TIMESTAMPTZ) LANGUAGE sql STABLE AS $$
  SELECT "first"::date, "first" AT TIME ZONE "p_zone", ("first" + ('1 ' || "p_period")::interval) AT TIME ZONE "p_zone"
  FROM (SELECT date_trunc("p_period", "p_at" AT TIME ZONE "p_zone") AS "first") AS "local";
$$;

-- Every limit of these budgets, and what is spent of it at a moment: of a period that has begun since, nothing. The one
-- of all time (`total`) is there without a limit too. A zone that is moved back makes a period longer; it never repeats one.
CREATE FUNCTION "budget_limits"("p_workspace" TEXT, "p_budget_ids" TEXT[], "p_at" TIMESTAMPTZ)
RETURNS TABLE ("budget_id" TEXT, "period" TEXT, "limit_micros" BIGINT, "spent_micros" BIGINT, "starts_at" TIMESTAMPTZ,
               "ends_at" TIMESTAMPTZ, "time_zone" TEXT) LANGUAGE sql STABLE AS $$
  SELECT "id", 'total', "limit_micros", "spent_micros", NULL::timestamptz, NULL::timestamptz, NULL
  FROM "budget" WHERE "workspace_id" = "p_workspace" AND "id" = ANY("p_budget_ids")
  UNION ALL
  SELECT "kept"."budget_id", "kept"."period", "kept"."limit_micros",
         CASE WHEN "kept"."began_on" < "current"."began_on" THEN 0 ELSE "kept"."spent_micros" END,
         "current"."starts_at", "current"."ends_at", "workspace"."time_zone"
  FROM "budget_period" AS "kept"
  JOIN "workspace" ON "workspace"."id" = "p_workspace"
  CROSS JOIN LATERAL period_at("kept"."period", "workspace"."time_zone", "p_at") AS "current"
  WHERE "kept"."workspace_id" = "p_workspace" AND "kept"."budget_id" = ANY("p_budget_ids");
$$;

-- Gives those of the subjects that are workspace, agents or tasks their budgets, once. OKR runs get theirs with their goal.
CREATE FUNCTION "open_budgets"("p_workspace" TEXT, "p_subjects" TEXT[]) RETURNS VOID LANGUAGE sql AS $$
  INSERT INTO "budget" ("id", "workspace_id", "scope", "subject_id", "updated_at")
  SELECT 'bud_' || split_part("subject_id", '_', 2), "p_workspace", "scope", "subject_id", clock_timestamp()
  FROM (
    SELECT 'workspace' AS "scope", "id" AS "subject_id" FROM "workspace" WHERE "id" = "p_workspace" AND "id" = ANY("p_subjects")
    UNION ALL
    SELECT 'agent', "id" FROM "agent" WHERE "workspace_id" = "p_workspace" AND "id" = ANY("p_subjects")
    UNION ALL
    SELECT 'task', "id" FROM "task" WHERE "workspace_id" = "p_workspace" AND "id" = ANY("p_subjects")
  ) AS "known"
  ORDER BY "subject_id" ON CONFLICT DO NOTHING;
$$;

-- Locks the budgets of the subjects in the order of their ids, so that two who lock the same ones wait and never deadlock.
-- Those that are missing are opened first, in the order of their subjects. Returns their ids.
CREATE FUNCTION "lock_budgets"("p_workspace" TEXT, "p_subjects" TEXT[]) RETURNS TEXT[] LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT count(*) FROM "budget" WHERE "workspace_id" = "p_workspace" AND "subject_id" = ANY("p_subjects")) < cardinality("p_subjects") THEN
    PERFORM open_budgets("p_workspace", "p_subjects");
  END IF;
  RETURN ARRAY(
    SELECT "id" FROM "budget" WHERE "workspace_id" = "p_workspace" AND "subject_id" = ANY("p_subjects") ORDER BY "id" FOR UPDATE
  );
END;
$$;

-- As in 20261126000000_step_functions, for every limit of every budget. Of several limits without room the one is named
-- that keeps the call longest: one it can never fit, one that only a raise or the end of its period makes room in, one of
-- which other calls hold too much. `endsInMs` and `endsAt` (in the zone of the workspace): when the period is over.
CREATE OR REPLACE FUNCTION "hold_budgets"("p_workspace" TEXT, "p_key" TEXT, "p_micros" BIGINT, "p_subjects" TEXT[], "p_ids" TEXT[]) RETURNS JSONB LANGUAGE plpgsql AS $$
DECLARE
  "budget_ids" TEXT[] := lock_budgets("p_workspace", "p_subjects");
  "moment" TIMESTAMPTZ := clock_timestamp();
  "absent" TEXT;
  "already" BOOLEAN;
  "full" JSONB;
BEGIN
  SELECT "subject" INTO "absent" FROM unnest("p_subjects") AS "asked"("subject")
  WHERE NOT EXISTS (SELECT 1 FROM "budget" WHERE "id" = ANY("budget_ids") AND "subject_id" = "subject") LIMIT 1;
  IF FOUND THEN
    RETURN jsonb_build_object('outcome', 'missing', 'subjectId', "absent");
  END IF;

  PERFORM 1 FROM "budget_reservation" WHERE "workspace_id" = "p_workspace" AND "key" = "p_key" AND "state" = 'settled';
  IF FOUND THEN
    RETURN jsonb_build_object('outcome', 'settled');
  END IF;
  "already" := EXISTS (
    SELECT 1 FROM "budget_reservation" WHERE "workspace_id" = "p_workspace" AND "key" = "p_key" AND "state" = 'held'
  );

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
  RETURN jsonb_build_object('outcome', 'held', 'already', "already");
END;
$$;

-- Adds what the call `p_key` has cost to budgets that the caller has locked, in all time and in the present periods, and
-- takes back what was held there (`p_returned`: by the id of the budget). Returns the events of the limits of which 50, 80
-- or 100 percent are spent now and were not before: as spending only grows within a period, each is told once.
CREATE FUNCTION "spend_budgets"("p_workspace" TEXT, "p_key" TEXT, "p_micros" BIGINT, "p_returned" JSONB) RETURNS JSONB LANGUAGE plpgsql AS $$
DECLARE
  "budget_ids" TEXT[] := ARRAY(SELECT jsonb_object_keys("p_returned"));
  "moment" TIMESTAMPTZ := clock_timestamp();
  "reached" JSONB;
BEGIN
  SELECT jsonb_agg(jsonb_build_object('type', 'budget.threshold_reached', 'subjectId', "budget"."id",
    'okrRunId', coalesce("run"."okr_run_id", CASE "scope" WHEN 'okr_run' THEN "subject_id" END), 'taskId', "run"."task_id",
    'agentRunId', "run"."id", 'data', jsonb_build_object('scope', "scope", 'subjectId', "subject_id",
      'period', "limit"."period", 'percent', "percent", 'limitMicros', "limit"."limit_micros",
      'spentMicros', "limit"."spent_micros" + "p_micros")) ORDER BY "budget"."id", "limit"."period", "percent")
  INTO "reached"
  FROM budget_limits("p_workspace", "budget_ids", "moment") AS "limit"
  JOIN "budget" ON "budget"."id" = "limit"."budget_id"
  JOIN (VALUES (50), (80), (100)) AS "threshold"("percent")
    ON "limit"."spent_micros" * 100 < "limit"."limit_micros" * "percent"
    AND ("limit"."spent_micros" + "p_micros") * 100 >= "limit"."limit_micros" * "percent"
  LEFT JOIN "agent_run" AS "run" ON "run"."workspace_id" = "p_workspace" AND "run"."id" = split_part("p_key", ':', 1);

  UPDATE "budget_period"
  SET "spent_micros" = CASE WHEN "budget_period"."began_on" < "current"."began_on" THEN 0 ELSE "spent_micros" END + "p_micros",
      "began_on" = greatest("budget_period"."began_on", "current"."began_on")
  FROM (
    SELECT "kept"."budget_id", "kept"."period", "now"."began_on" FROM "budget_period" AS "kept"
    JOIN "workspace" ON "workspace"."id" = "p_workspace"
    CROSS JOIN LATERAL period_at("kept"."period", "workspace"."time_zone", "moment") AS "now"
    WHERE "kept"."budget_id" = ANY("budget_ids")
  ) AS "current"
  WHERE "budget_period"."budget_id" = "current"."budget_id" AND "budget_period"."period" = "current"."period";

  UPDATE "budget"
  SET "spent_micros" = "spent_micros" + "p_micros", "held_micros" = "held_micros" - "returned"."micros"::bigint, "updated_at" = "moment"
  FROM jsonb_each_text("p_returned") AS "returned"("budget_id", "micros") WHERE "budget"."id" = "returned"."budget_id";
  RETURN coalesce("reached", '[]');
END;
$$;

-- Books what the call `p_key` really cost and gives back what was held for it, in every budget that it was held against.
-- Booking twice is harmless. Returns the events of spend_budgets; null when nothing was ever reserved.
CREATE FUNCTION "settle_budgets"("p_workspace" TEXT, "p_key" TEXT, "p_micros" BIGINT) RETURNS JSONB LANGUAGE plpgsql AS $$
DECLARE
  "returned" JSONB;
BEGIN
  PERFORM 1 FROM "budget"
  WHERE "id" IN (SELECT "budget_id" FROM "budget_reservation" WHERE "workspace_id" = "p_workspace" AND "key" = "p_key")
  ORDER BY "id" FOR UPDATE;
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;

  WITH "open" AS (
    SELECT "id", CASE "state" WHEN 'held' THEN "held_micros" ELSE 0 END AS "micros" FROM "budget_reservation"
    WHERE "workspace_id" = "p_workspace" AND "key" = "p_key" AND "state" <> 'settled'
  ), "settled" AS (
    UPDATE "budget_reservation" SET "state" = 'settled', "settled_micros" = "p_micros", "closed_at" = clock_timestamp()
    FROM "open" WHERE "budget_reservation"."id" = "open"."id"
    RETURNING "budget_id", "micros"
  )
  SELECT jsonb_object_agg("budget_id", "micros") INTO "returned" FROM "settled";
  IF "returned" IS NULL THEN
    RETURN '[]';
  END IF;
  RETURN spend_budgets("p_workspace", "p_key", "p_micros", "returned");
END;
$$;

-- settle_budgets as a change of its own. False when nothing was ever reserved.
CREATE OR REPLACE FUNCTION "settle_reservation"("p_workspace" TEXT, "p_key" TEXT, "p_micros" BIGINT) RETURNS BOOLEAN LANGUAGE plpgsql AS $$
DECLARE
  "reached" JSONB := settle_budgets("p_workspace", "p_key", "p_micros");
BEGIN
  IF "reached" <> '[]' THEN
    PERFORM record_change("p_workspace", "reached", '[]');
  END IF;
  RETURN "reached" IS NOT NULL;
END;
$$;

-- Books a call of a step that was paid for and brought nothing, once for each key, against every budget, even past a limit:
-- the money is gone. The run is locked before the budgets, as where a step ends. False when it was booked before.
CREATE FUNCTION "add_cost"("p_workspace" TEXT, "p_step_id" TEXT, "p_cost" JSONB, "p_hold" JSONB) RETURNS BOOLEAN LANGUAGE plpgsql AS $$
DECLARE
  "call_key" TEXT := "p_hold"->>'key';
  "micros" BIGINT := ("p_hold"->>'micros')::bigint;
  "subjects" TEXT[] := ARRAY(SELECT jsonb_array_elements_text("p_hold"->'subjectIds'));
  "reservation_ids" TEXT[] := ARRAY(SELECT jsonb_array_elements_text("p_hold"->'ids'));
  "booked" JSONB;
  "reached" JSONB;
BEGIN
  PERFORM 1 FROM "agent_run"
  WHERE "workspace_id" = "p_workspace"
    AND "id" = (SELECT "agent_run_id" FROM "agent_step" WHERE "id" = "p_step_id" AND "workspace_id" = "p_workspace")
  FOR NO KEY UPDATE;
  PERFORM 1 FROM "budget_reservation" WHERE "workspace_id" = "p_workspace" AND "key" = "call_key";
  IF FOUND THEN
    RETURN FALSE;
  END IF;
  PERFORM write_cost("p_workspace", "p_step_id", "p_cost");

  PERFORM lock_budgets("p_workspace", "subjects");
  WITH "written" AS (
    INSERT INTO "budget_reservation" ("id", "workspace_id", "budget_id", "key", "state", "held_micros", "settled_micros", "created_at", "closed_at")
    SELECT "reservation_id", "p_workspace", "budget"."id", "call_key", 'settled', 0, "micros", clock_timestamp(), clock_timestamp()
    FROM unnest("subjects", "reservation_ids") AS "asked"("subject", "reservation_id")
    JOIN "budget" ON "budget"."subject_id" = "subject" AND "budget"."workspace_id" = "p_workspace"
    RETURNING "budget_id"
  )
  SELECT coalesce(jsonb_object_agg("budget_id", 0), '{}') INTO "booked" FROM "written";
  "reached" := spend_budgets("p_workspace", "call_key", "micros", "booked");
  IF "reached" <> '[]' THEN
    PERFORM record_change("p_workspace", "reached", '[]');
  END IF;
  RETURN TRUE;
END;
$$;

-- As in 20261126000000_step_functions; what the cost has reached of a limit is told with the end of the step.
CREATE OR REPLACE FUNCTION "end_step"("p_workspace" TEXT, "p_end" JSONB, "p_content" TEXT, "p_events" JSONB) RETURNS JSONB LANGUAGE plpgsql AS $$
DECLARE
  "cost" JSONB := "p_end"->'cost';
  "step" "agent_step"%ROWTYPE;
  "reached" JSONB := '[]';
BEGIN
  UPDATE "agent_step"
  SET "state" = "p_end"->>'state', "ended_at" = clock_timestamp(), "output_digest" = "p_end"->'output'->>'digest',
      "checkpoint" = "p_end"->>'checkpoint', "failure" = "p_end"->'failure', "usage" = "cost"->'usage',
      "cost_micros" = ("cost"->>'costMicros')::bigint
  WHERE "id" = "p_end"->>'id' AND "workspace_id" = "p_workspace" AND "p_end"->'from' ? "state"
  RETURNING * INTO "step";
  IF NOT FOUND THEN
    SELECT * INTO "step" FROM "agent_step" WHERE "id" = "p_end"->>'id' AND "workspace_id" = "p_workspace";
    RETURN jsonb_build_object('moved', FALSE, 'state', "step"."state");
  END IF;
  PERFORM store_blob("p_workspace", "p_end"->'output', "p_content");
  IF "cost" IS NOT NULL THEN
    PERFORM write_cost("p_workspace", "step"."id", "cost");
    "reached" := settle_budgets("p_workspace", "cost"->>'reservationKey', ("cost"->>'costMicros')::bigint);
    IF "reached" IS NULL THEN
      RAISE EXCEPTION 'nothing was reserved for %', "cost"->>'reservationKey';
    END IF;
  END IF;
  PERFORM record_change("p_workspace", "p_events" || "reached", '[]');
  RETURN jsonb_build_object('moved', TRUE, 'state', "step"."state");
END;
$$;

-- As in 20261126060000_gateway; what the cost has reached of a limit is told with the end of the call.
CREATE OR REPLACE FUNCTION "end_gateway_call"("p_workspace" TEXT, "p_end" JSONB, "p_content" TEXT, "p_events" JSONB) RETURNS BOOLEAN LANGUAGE plpgsql AS $$
DECLARE
  "cost" JSONB := "p_end"->'cost';
  "step" "agent_step"%ROWTYPE;
  "events" JSONB := '[]';
BEGIN
  PERFORM 1 FROM "agent_run" WHERE "workspace_id" = "p_workspace" AND "id" = "p_end"->>'agentRunId' FOR UPDATE;
  SELECT * INTO "step" FROM "agent_step"
  WHERE "workspace_id" = "p_workspace" AND "agent_run_id" = "p_end"->>'agentRunId' AND "kind" = 'model'
    AND "call_id" = "p_end"->>'callId'
  FOR UPDATE;
  IF NOT FOUND OR "step"."cost_micros" IS NOT NULL THEN
    RETURN FALSE;
  END IF;
  UPDATE "agent_step" SET "usage" = "cost"->'usage', "cost_micros" = ("cost"->>'costMicros')::bigint WHERE "id" = "step"."id";
  IF "step"."state" = 'started' THEN
    PERFORM store_blob("p_workspace", "p_end"->'output', "p_content");
    UPDATE "agent_step"
    SET "state" = "p_end"->>'state', "ended_at" = clock_timestamp(), "output_digest" = "p_end"->'output'->>'digest',
        "failure" = "p_end"->'failure'
    WHERE "id" = "step"."id";
    "events" := jsonb_set(jsonb_set("p_events", '{0,subjectId}', to_jsonb("step"."id")), '{0,data,index}', to_jsonb("step"."index"));
  END IF;
  IF "cost"->>'costMicros' <> '0' OR "p_end"->>'state' = 'succeeded' THEN
    PERFORM write_cost("p_workspace", "step"."id", "cost");
  END IF;
  "events" := "events" || coalesce(settle_budgets("p_workspace", "cost"->>'reservationKey', ("cost"->>'costMicros')::bigint), '[]');
  IF "events" <> '[]' THEN
    PERFORM record_change("p_workspace", "events", '[]');
  END IF;
  RETURN TRUE;
END;
$$;
