-- The hot path of every agent run, one statement for each change: what took up to a dozen round trips is one, and the
-- locks on budgets and on the ledger are held for that long only. Rows are locked in the order that inTransaction
-- (packages/database/src/in-transaction.ts) prescribes: the rows of the change, budgets by id, the ledger last.

-- Holds `p_micros` for the call `p_key` against the budget of every subject, or against none. A key that is held stays
-- held; one that was released holds anew. `p_ids` are the ids of new reservations, one for each subject.
-- Outcome: held (`already`: by an attempt that never gave it back), missing (subjectId), settled, or refused (the budget
-- that has no room, with its amounts).
CREATE FUNCTION "hold_budgets"("p_workspace" TEXT, "p_key" TEXT, "p_micros" BIGINT, "p_subjects" TEXT[], "p_ids" TEXT[]) RETURNS JSONB LANGUAGE plpgsql AS $$
DECLARE
  "absent" TEXT;
  "already" BOOLEAN;
  "full" "budget"%ROWTYPE;
BEGIN
  PERFORM 1 FROM "budget" WHERE "workspace_id" = "p_workspace" AND "subject_id" = ANY("p_subjects") ORDER BY "id" FOR UPDATE;

  SELECT "subject" INTO "absent" FROM unnest("p_subjects") AS "asked"("subject")
  WHERE NOT EXISTS (SELECT 1 FROM "budget" WHERE "workspace_id" = "p_workspace" AND "subject_id" = "subject") LIMIT 1;
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

  SELECT * INTO "full" FROM "budget"
  WHERE "workspace_id" = "p_workspace" AND "subject_id" = ANY("p_subjects")
    AND "spent_micros" + "held_micros" + "p_micros" > "limit_micros"
    AND NOT EXISTS (
      SELECT 1 FROM "budget_reservation"
      WHERE "budget_id" = "budget"."id" AND "key" = "p_key" AND "state" = 'held'
    )
  ORDER BY "id" LIMIT 1;
  IF FOUND THEN
    RETURN jsonb_build_object('outcome', 'refused', 'budgetId', "full"."id", 'subjectId', "full"."subject_id",
      'limitMicros', "full"."limit_micros", 'spentMicros', "full"."spent_micros", 'heldMicros', "full"."held_micros");
  END IF;

  WITH "held" AS (
    INSERT INTO "budget_reservation" ("id", "workspace_id", "budget_id", "key", "state", "held_micros", "created_at")
    SELECT "reservation_id", "p_workspace", "budget"."id", "p_key", 'held', "p_micros", clock_timestamp()
    FROM unnest("p_subjects", "p_ids") AS "asked"("subject", "reservation_id")
    JOIN "budget" ON "budget"."subject_id" = "subject" AND "budget"."workspace_id" = "p_workspace"
    ON CONFLICT ("budget_id", "key") DO UPDATE
      SET "state" = 'held', "held_micros" = "p_micros", "created_at" = clock_timestamp(), "closed_at" = NULL
      WHERE "budget_reservation"."state" = 'released'
    RETURNING "budget_id"
  )
  UPDATE "budget" SET "held_micros" = "budget"."held_micros" + "p_micros", "updated_at" = clock_timestamp()
  FROM "held" WHERE "budget"."id" = "held"."budget_id";
  RETURN jsonb_build_object('outcome', 'held', 'already', "already");
END;
$$;

-- Books what the call `p_key` really cost and gives back what was held for it. Booking twice is harmless. Money spent
-- after its reservation was released is booked too, even past the limit. False when nothing was ever reserved.
CREATE FUNCTION "settle_reservation"("p_workspace" TEXT, "p_key" TEXT, "p_micros" BIGINT) RETURNS BOOLEAN LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM "budget"
  WHERE "id" IN (SELECT "budget_id" FROM "budget_reservation" WHERE "workspace_id" = "p_workspace" AND "key" = "p_key")
  ORDER BY "id" FOR UPDATE;
  IF NOT FOUND THEN
    RETURN FALSE;
  END IF;

  WITH "open" AS (
    SELECT "id", CASE "state" WHEN 'held' THEN "held_micros" ELSE 0 END AS "returned" FROM "budget_reservation"
    WHERE "workspace_id" = "p_workspace" AND "key" = "p_key" AND "state" <> 'settled'
  ), "settled" AS (
    UPDATE "budget_reservation" SET "state" = 'settled', "settled_micros" = "p_micros", "closed_at" = clock_timestamp()
    FROM "open" WHERE "budget_reservation"."id" = "open"."id"
    RETURNING "budget_id", "returned"
  )
  UPDATE "budget" SET "spent_micros" = "spent_micros" + "p_micros", "held_micros" = "held_micros" - "returned",
                      "updated_at" = clock_timestamp()
  FROM "settled" WHERE "budget"."id" = "settled"."budget_id";
  RETURN TRUE;
END;
$$;

-- Stores a text under its digest, once. Nothing when there is none.
CREATE FUNCTION "store_blob"("p_workspace" TEXT, "p_blob" JSONB, "p_content" TEXT) RETURNS VOID LANGUAGE sql AS $$
  INSERT INTO "blob" ("workspace_id", "digest", "media_type", "size", "content", "created_at")
  SELECT "p_workspace", "p_blob"->>'digest', "p_blob"->>'mediaType', ("p_blob"->>'size')::int, "p_content", clock_timestamp()
  WHERE "p_content" IS NOT NULL
  ON CONFLICT DO NOTHING;
$$;

-- Says that a step begins. One that was begun before and never ended gets the next attempt number; one that has ended
-- stays as it is. Returns id, attempt and state of the row.
CREATE FUNCTION "start_step"("p_workspace" TEXT, "p_step" JSONB, "p_events" JSONB) RETURNS JSONB LANGUAGE plpgsql AS $$
DECLARE
  "step" "agent_step"%ROWTYPE;
BEGIN
  INSERT INTO "agent_step" ("id", "workspace_id", "agent_run_id", "index", "kind", "name", "call_id", "input_digest",
                            "state", "attempt", "started_at")
  VALUES ("p_step"->>'id', "p_workspace", "p_step"->>'agentRunId', ("p_step"->>'index')::int, "p_step"->>'kind',
          "p_step"->>'name', "p_step"->>'callId', "p_step"->>'inputDigest', 'started', 1, clock_timestamp())
  ON CONFLICT ("agent_run_id", "index") DO UPDATE SET "attempt" = "agent_step"."attempt" + 1
    WHERE "agent_step"."workspace_id" = "p_workspace" AND "agent_step"."state" = 'started'
  RETURNING * INTO "step";
  IF NOT FOUND THEN
    SELECT * INTO "step" FROM "agent_step"
    WHERE "workspace_id" = "p_workspace" AND "agent_run_id" = "p_step"->>'agentRunId' AND "index" = ("p_step"->>'index')::int;
  ELSIF "step"."attempt" = 1 THEN
    PERFORM record_change("p_workspace", "p_events", '[]');
  END IF;
  RETURN jsonb_build_object('id', "step"."id", 'attempt', "step"."attempt", 'state', "step"."state");
END;
$$;

-- Holds the money of a model call and says that its step begins: both or neither. Returns the outcome of hold_budgets,
-- and when it is `held` what start_step returned.
CREATE FUNCTION "start_paid_step"("p_workspace" TEXT, "p_hold" JSONB, "p_step" JSONB, "p_events" JSONB) RETURNS JSONB LANGUAGE plpgsql AS $$
DECLARE
  "outcome" JSONB;
BEGIN
  PERFORM 1 FROM "agent_step"
  WHERE "workspace_id" = "p_workspace" AND "agent_run_id" = "p_step"->>'agentRunId' AND "index" = ("p_step"->>'index')::int
  FOR UPDATE;
  "outcome" := hold_budgets("p_workspace", "p_hold"->>'key', ("p_hold"->>'micros')::bigint,
    ARRAY(SELECT jsonb_array_elements_text("p_hold"->'subjectIds')), ARRAY(SELECT jsonb_array_elements_text("p_hold"->'ids')));
  IF "outcome"->>'outcome' <> 'held' THEN
    RETURN "outcome";
  END IF;
  RETURN "outcome" || start_step("p_workspace", "p_step", "p_events");
END;
$$;

-- What a call of a step cost: its entry, and the totals of its run. The budgets are another matter.
CREATE FUNCTION "write_cost"("p_workspace" TEXT, "p_step_id" TEXT, "p_cost" JSONB) RETURNS VOID LANGUAGE plpgsql AS $$
DECLARE
  "usage" JSONB := "p_cost"->'usage';
  "micros" BIGINT := ("p_cost"->>'costMicros')::bigint;
  "run" "agent_run"%ROWTYPE;
BEGIN
  UPDATE "agent_run"
  SET "input_tokens" = "input_tokens" + ("usage"->>'inputTokens')::int,
      "output_tokens" = "output_tokens" + ("usage"->>'outputTokens')::int,
      "cache_read_tokens" = "cache_read_tokens" + ("usage"->>'cacheReadTokens')::int,
      "cache_write_tokens" = "cache_write_tokens" + ("usage"->>'cacheWriteTokens')::int,
      "cost_micros" = "cost_micros" + "micros"
  WHERE "workspace_id" = "p_workspace"
    AND "id" = (SELECT "agent_run_id" FROM "agent_step" WHERE "id" = "p_step_id" AND "workspace_id" = "p_workspace")
  RETURNING * INTO STRICT "run";
  INSERT INTO "cost_entry" ("id", "workspace_id", "okr_run_id", "task_id", "agent_run_id", "step_id", "model", "estimated",
                            "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "cost_micros", "at")
  VALUES ("p_cost"->>'id', "p_workspace", "run"."okr_run_id", "run"."task_id", "run"."id", "p_step_id", "p_cost"->>'model',
          coalesce(("usage"->>'estimated')::boolean, FALSE), ("usage"->>'inputTokens')::int, ("usage"->>'outputTokens')::int,
          ("usage"->>'cacheReadTokens')::int, ("usage"->>'cacheWriteTokens')::int, "micros", clock_timestamp());
END;
$$;

-- Ends a step that is in one of the states `from`, once: its output, what it cost, and the event. Returns whether it was
-- this call that ended it, and the state it has; no state when there is no such step.
CREATE FUNCTION "end_step"("p_workspace" TEXT, "p_end" JSONB, "p_content" TEXT, "p_events" JSONB) RETURNS JSONB LANGUAGE plpgsql AS $$
DECLARE
  "cost" JSONB := "p_end"->'cost';
  "step" "agent_step"%ROWTYPE;
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
    IF NOT settle_reservation("p_workspace", "cost"->>'reservationKey', ("cost"->>'costMicros')::bigint) THEN
      RAISE EXCEPTION 'nothing was reserved for %', "cost"->>'reservationKey';
    END IF;
  END IF;
  PERFORM record_change("p_workspace", "p_events", '[]');
  RETURN jsonb_build_object('moved', TRUE, 'state', "step"."state");
END;
$$;

-- A step that is over as soon as it is written, once for each index: its output and its event.
CREATE FUNCTION "record_step"("p_workspace" TEXT, "p_step" JSONB, "p_content" TEXT, "p_events" JSONB) RETURNS VOID LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO "agent_step" ("id", "workspace_id", "agent_run_id", "index", "kind", "name", "call_id", "input_digest", "state",
                            "attempt", "output_digest", "checkpoint", "failure", "started_at", "ended_at")
  VALUES ("p_step"->>'id', "p_workspace", "p_step"->>'agentRunId', ("p_step"->>'index')::int, "p_step"->>'kind',
          "p_step"->>'name', "p_step"->>'callId', "p_step"->>'inputDigest', "p_step"->>'state', 1,
          "p_step"->'output'->>'digest', "p_step"->>'checkpoint', "p_step"->'failure',
          coalesce(("p_step"->>'startedAt')::timestamptz, clock_timestamp()), clock_timestamp())
  ON CONFLICT DO NOTHING;
  IF FOUND THEN
    PERFORM store_blob("p_workspace", "p_step"->'output', "p_content");
    PERFORM record_change("p_workspace", "p_events", '[]');
  END IF;
END;
$$;
