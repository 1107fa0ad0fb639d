-- What a call of a model does before and after it, with fewer statements, and found by keys that belong to it alone. A function keeps
-- the plan that it made while a table was small: one that looked for a call among the steps of its run went through all of them.

-- A settlement changes no column that is in an index, so it writes no entry into any. What is held of a run is found by its keys: in
-- the order of bytes, whatever the collation, those that begin alike are a range, which Postgres looks up without statistics too.
DROP INDEX "budget_reservation_workspace_id_state_idx";
DROP INDEX "budget_reservation_workspace_id_key_idx";
CREATE INDEX "budget_reservation_workspace_id_key_idx" ON "budget_reservation" ("workspace_id", "key" text_pattern_ops);

-- As in 20261128010000_lookups and 20261126000000_step_functions, in the language that keeps its plan: before Postgres 18, a function in
-- plain SQL is planned anew for each call.
CREATE OR REPLACE FUNCTION "next_step_index"("p_workspace" TEXT, "p_agent_run_id" TEXT) RETURNS INT LANGUAGE plpgsql AS $$
BEGIN
  RETURN coalesce((
    SELECT "index" + 1 FROM "agent_step" WHERE "agent_run_id" = "p_agent_run_id" ORDER BY "index" DESC LIMIT 1
  ), 0);
END;
$$;

CREATE OR REPLACE FUNCTION "store_blob"("p_workspace" TEXT, "p_blob" JSONB, "p_content" TEXT) RETURNS VOID LANGUAGE plpgsql AS $$
BEGIN
  IF "p_content" IS NOT NULL THEN
    INSERT INTO "blob" ("workspace_id", "digest", "media_type", "size", "content", "created_at")
    VALUES ("p_workspace", "p_blob"->>'digest', "p_blob"->>'mediaType', ("p_blob"->>'size')::int, "p_content", clock_timestamp())
    ON CONFLICT DO NOTHING;
  END IF;
END;
$$;

-- As in 20261128010000_lookups; what is held says also whether it is the `first` time that anything is reserved for the call. Where
-- no budget applies nothing ever is, and it cannot be told.
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
  RETURN jsonb_build_object('outcome', 'held', 'already', 'held' = ANY("states"),
    'first', cardinality("states") = 0 AND cardinality("budget_ids") > 0);
END;
$$;

-- As in 20261126060000_gateway; a call that is held says which step it is (`stepId`). Money and step are written together, under the
-- lock of the run: where nothing was reserved for the call before, there is no step to look for.
CREATE OR REPLACE FUNCTION "begin_gateway_call"("p_workspace" TEXT, "p_hold" JSONB, "p_step" JSONB, "p_events" JSONB) RETURNS JSONB LANGUAGE plpgsql AS $$
DECLARE
  "run_id" TEXT := "p_step"->>'agentRunId';
  "step_id" TEXT;
  "place" INT;
  "outcome" JSONB;
BEGIN
  PERFORM 1 FROM "agent_run"
  WHERE "workspace_id" = "p_workspace" AND "id" = "run_id" AND "state" IN ('running', 'waiting') FOR UPDATE;
  IF NOT FOUND THEN
    RETURN jsonb_build_object('outcome', 'ended');
  END IF;
  "outcome" := hold_budgets("p_workspace", "p_hold"->>'key', ("p_hold"->>'micros')::bigint,
    ARRAY(SELECT jsonb_array_elements_text("p_hold"->'subjectIds')), ARRAY(SELECT jsonb_array_elements_text("p_hold"->'ids')));
  IF "outcome"->>'outcome' <> 'held' THEN
    RETURN "outcome";
  END IF;
  IF NOT ("outcome"->>'first')::boolean THEN
    SELECT "id" INTO "step_id" FROM "agent_step"
    WHERE "workspace_id" = "p_workspace" AND "agent_run_id" = "run_id" AND "kind" = 'model' AND "call_id" = "p_step"->>'callId';
  END IF;
  IF "step_id" IS NULL THEN
    "step_id" := "p_step"->>'id';
    "place" := next_step_index("p_workspace", "run_id");
    INSERT INTO "agent_step" ("id", "workspace_id", "agent_run_id", "index", "kind", "name", "call_id", "usage", "state",
                              "attempt", "started_at")
    VALUES ("step_id", "p_workspace", "run_id", "place", 'model', "p_step"->>'name', "p_step"->>'callId',
            "p_step"->'usage', 'started', 1, clock_timestamp());
    PERFORM record_change("p_workspace", jsonb_set("p_events", '{0,data,index}', to_jsonb("place")), '[]');
  END IF;
  RETURN "outcome" || jsonb_build_object('stepId', "step_id");
END;
$$;

-- As in 20261127080000_gateway_routing, by the step that the call is.
CREATE OR REPLACE FUNCTION "begin_model_call"("p_workspace" TEXT, "p_call" JSONB, "p_hold" JSONB, "p_step" JSONB, "p_events" JSONB) RETURNS JSONB LANGUAGE plpgsql AS $$
DECLARE
  "admission" JSONB := admit_model_call("p_call"->'upstream');
  "outcome" JSONB;
BEGIN
  IF "admission"->>'outcome' <> 'admitted' THEN
    RETURN "admission";
  END IF;
  "outcome" := begin_gateway_call("p_workspace", "p_hold", "p_step", "p_events");
  IF "outcome"->>'outcome' = 'held' AND "admission"->>'probe' = 'true' THEN
    PERFORM claim_model_probe("p_call"->'upstream');
  END IF;
  IF "outcome"->>'outcome' = 'held' AND "p_call" ? 'choice' THEN
    UPDATE "agent_step" SET "model_choice" = "p_call"->'choice'
    WHERE "id" = "outcome"->>'stepId' AND "workspace_id" = "p_workspace" AND "model_choice" IS NULL;
    IF FOUND AND jsonb_array_length("p_call"->'events') > 0 THEN
      PERFORM record_change("p_workspace", "p_call"->'events', '[]');
    END IF;
  END IF;
  RETURN "outcome" || jsonb_build_object('unwell', "admission"->'unwell');
END;
$$;

-- As in 20261127010000_budget_tree; the step is found by its id where the caller was told it (`stepId`). Whether it is the model call of
-- that run is looked at afterwards: as conditions they would let the plan go through the steps of the run again.
CREATE OR REPLACE FUNCTION "end_gateway_call"("p_workspace" TEXT, "p_end" JSONB, "p_content" TEXT, "p_events" JSONB) RETURNS BOOLEAN LANGUAGE plpgsql AS $$
DECLARE
  "run_id" TEXT := "p_end"->>'agentRunId';
  "step_id" TEXT := "p_end"->>'stepId';
  "cost" JSONB := "p_end"->'cost';
  "step" "agent_step"%ROWTYPE;
  "events" JSONB := '[]';
BEGIN
  PERFORM 1 FROM "agent_run" WHERE "workspace_id" = "p_workspace" AND "id" = "run_id" FOR UPDATE;
  IF "step_id" IS NULL THEN
    SELECT "id" INTO "step_id" FROM "agent_step"
    WHERE "workspace_id" = "p_workspace" AND "agent_run_id" = "run_id" AND "kind" = 'model' AND "call_id" = "p_end"->>'callId';
  END IF;
  SELECT * INTO "step" FROM "agent_step" WHERE "id" = "step_id" AND "workspace_id" = "p_workspace" FOR UPDATE;
  IF NOT FOUND OR "step"."cost_micros" IS NOT NULL
    OR ("step"."agent_run_id", "step"."kind", "step"."call_id") IS DISTINCT FROM ("run_id", 'model', "p_end"->>'callId')
  THEN
    RETURN FALSE;
  END IF;
  IF "step"."state" = 'started' THEN
    PERFORM store_blob("p_workspace", "p_end"->'output', "p_content");
    "step"."state" := "p_end"->>'state';
    "step"."ended_at" := clock_timestamp();
    "step"."output_digest" := "p_end"->'output'->>'digest';
    "step"."failure" := "p_end"->'failure';
    "events" := jsonb_set(jsonb_set("p_events", '{0,subjectId}', to_jsonb("step"."id")), '{0,data,index}', to_jsonb("step"."index"));
  END IF;
  UPDATE "agent_step"
  SET "usage" = "cost"->'usage', "cost_micros" = ("cost"->>'costMicros')::bigint, "state" = "step"."state",
      "ended_at" = "step"."ended_at", "output_digest" = "step"."output_digest", "failure" = "step"."failure"
  WHERE "id" = "step"."id";
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

-- As in 20261128000000_agent_run_frame. Its keys begin with the run's id and a colon, which is followed by a semicolon.
CREATE OR REPLACE FUNCTION "end_agent_run"("p_workspace" TEXT, "p_id" TEXT, "p_state" TEXT, "p_failure" JSONB, "p_type" TEXT) RETURNS JSONB LANGUAGE plpgsql AS $$
DECLARE
  "run" "agent_run"%ROWTYPE;
  "before" TEXT;
BEGIN
  SELECT * INTO "run" FROM "agent_run" WHERE "workspace_id" = "p_workspace" AND "id" = "p_id" FOR UPDATE;
  IF NOT FOUND OR "run"."state" = 'queued'
    OR EXISTS (SELECT 1 FROM "agent_step" WHERE "workspace_id" = "p_workspace" AND "agent_run_id" = "p_id" AND "state" = 'started')
    OR EXISTS (SELECT 1 FROM "approval" WHERE "workspace_id" = "p_workspace" AND "agent_run_id" = "p_id" AND "settled_at" IS NULL)
    OR EXISTS (SELECT 1 FROM "agent_run" WHERE "workspace_id" = "p_workspace" AND "parent_run_id" = "p_id" AND "ended_at" IS NULL)
    OR EXISTS (SELECT 1 FROM "sealed_answer" WHERE "workspace_id" = "p_workspace" AND "agent_run_id" = "p_id")
    OR EXISTS (
      SELECT 1 FROM "budget_reservation"
      WHERE "workspace_id" = "p_workspace" AND "key" ~>=~ ("p_id" || ':') AND "key" ~<~ ("p_id" || ';') AND "state" = 'held'
    )
  THEN
    RETURN NULL;
  END IF;
  IF "run"."ended_at" IS NULL THEN
    "before" := "run"."state";
    UPDATE "agent_run" SET "state" = "p_state", "failure" = "p_failure", "ended_at" = clock_timestamp(), "waiting_on" = NULL
    WHERE "workspace_id" = "p_workspace" AND "id" = "p_id"
    RETURNING * INTO "run";
    PERFORM tell_of_agent_run("run", "p_type", jsonb_strip_nulls(
      jsonb_build_object('from', "before", 'to', "p_state", 'code', "p_failure"->>'code')));
  END IF;
  RETURN jsonb_build_object('state', "run"."state", 'failure', "run"."failure");
END;
$$;
