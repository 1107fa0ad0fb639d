-- Agents that are not ours ask models through the gateway, with a token for each stretch of work of a run (a segment). Only
-- the hash is stored. A token opens nothing once it is ended or its run is.
CREATE TABLE "gateway_token" (
  "hash" TEXT NOT NULL,
  "workspace_id" TEXT NOT NULL,
  "agent_run_id" TEXT NOT NULL,
  "issued_at" TIMESTAMPTZ(3) NOT NULL,
  "ended_at" TIMESTAMPTZ(3),
  CONSTRAINT "gateway_token_pkey" PRIMARY KEY ("hash")
);
CREATE INDEX "gateway_token_agent_run_id_idx" ON "gateway_token" ("agent_run_id");

-- A step that another writes than the loop of its run has no place of its own choice: it takes the next one. The caller
-- has locked the run, so that two at once get two places.
CREATE FUNCTION "next_step_index"("p_workspace" TEXT, "p_agent_run_id" TEXT) RETURNS INT LANGUAGE sql AS $$
  SELECT coalesce(max("index") + 1, 0) FROM "agent_step" WHERE "workspace_id" = "p_workspace" AND "agent_run_id" = "p_agent_run_id";
$$;

-- Begins a call that comes through the gateway, as a model step: its money is held, and the step is there, or neither. A
-- call that was begun stays begun. Outcome: as hold_budgets (without subjects nothing is held), or ended: the run is over.
CREATE FUNCTION "begin_gateway_call"("p_workspace" TEXT, "p_hold" JSONB, "p_step" JSONB, "p_events" JSONB) RETURNS JSONB LANGUAGE plpgsql AS $$
DECLARE
  "run_id" TEXT := "p_step"->>'agentRunId';
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
  PERFORM 1 FROM "agent_step"
  WHERE "workspace_id" = "p_workspace" AND "agent_run_id" = "run_id" AND "kind" = 'model' AND "call_id" = "p_step"->>'callId';
  IF NOT FOUND THEN
    "place" := next_step_index("p_workspace", "run_id");
    INSERT INTO "agent_step" ("id", "workspace_id", "agent_run_id", "index", "kind", "name", "call_id", "usage", "state",
                              "attempt", "started_at")
    VALUES ("p_step"->>'id', "p_workspace", "run_id", "place", 'model', "p_step"->>'name', "p_step"->>'callId',
            "p_step"->'usage', 'started', 1, clock_timestamp());
    PERFORM record_change("p_workspace", jsonb_set("p_events", '{0,data,index}', to_jsonb("place")), '[]');
  END IF;
  RETURN "outcome";
END;
$$;

-- Ends a call that came through the gateway, once: books what it cost and gives back what is left of its hold. A run that
-- ended before its call has ended the step already, and given back the money: then only the cost is booked. Returns whether
-- it was this call that did so; false, and nothing done, for a call that never began or was booked before.
CREATE FUNCTION "end_gateway_call"("p_workspace" TEXT, "p_end" JSONB, "p_content" TEXT, "p_events" JSONB) RETURNS BOOLEAN LANGUAGE plpgsql AS $$
DECLARE
  "cost" JSONB := "p_end"->'cost';
  "step" "agent_step"%ROWTYPE;
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
  IF "cost"->>'costMicros' <> '0' OR "p_end"->>'state' = 'succeeded' THEN
    PERFORM write_cost("p_workspace", "step"."id", "cost");
  END IF;
  PERFORM settle_reservation("p_workspace", "cost"->>'reservationKey', ("cost"->>'costMicros')::bigint);
  IF "step"."state" = 'started' THEN
    PERFORM store_blob("p_workspace", "p_end"->'output', "p_content");
    UPDATE "agent_step"
    SET "state" = "p_end"->>'state', "ended_at" = clock_timestamp(), "output_digest" = "p_end"->'output'->>'digest',
        "failure" = "p_end"->'failure'
    WHERE "id" = "step"."id";
    "p_events" := jsonb_set(jsonb_set("p_events", '{0,subjectId}', to_jsonb("step"."id")), '{0,data,index}', to_jsonb("step"."index"));
    PERFORM record_change("p_workspace", "p_events", '[]');
  END IF;
  RETURN TRUE;
END;
$$;

-- Writes a step of an agent that is not ours at the next place of its run, or brings the one of the same kind and call up to
-- date. A step that has ended stays as it is. Nothing is written for a run that is over. Returns the place; null when nothing was written.
CREATE FUNCTION "report_step"("p_workspace" TEXT, "p_step" JSONB, "p_content" TEXT, "p_events" JSONB) RETURNS INT LANGUAGE plpgsql AS $$
DECLARE
  "run_id" TEXT := "p_step"->>'agentRunId';
  "is_over" BOOLEAN := "p_step"->>'state' <> 'started';
  "place" INT;
  "step_id" TEXT;
BEGIN
  PERFORM 1 FROM "agent_run"
  WHERE "workspace_id" = "p_workspace" AND "id" = "run_id" AND "state" IN ('running', 'waiting') FOR UPDATE;
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  UPDATE "agent_step"
  SET "name" = "p_step"->>'name', "state" = "p_step"->>'state', "output_digest" = "p_step"->'output'->>'digest',
      "failure" = "p_step"->'failure', "input_digest" = coalesce("p_step"->>'inputDigest', "input_digest"),
      "ended_at" = CASE WHEN "is_over" THEN clock_timestamp() END
  WHERE "workspace_id" = "p_workspace" AND "agent_run_id" = "run_id" AND "kind" = "p_step"->>'kind'
    AND "call_id" = "p_step"->>'callId' AND "state" = 'started'
  RETURNING "index", "id" INTO "place", "step_id";
  IF NOT FOUND THEN
    PERFORM 1 FROM "agent_step"
    WHERE "workspace_id" = "p_workspace" AND "agent_run_id" = "run_id" AND "kind" = "p_step"->>'kind'
      AND "call_id" = "p_step"->>'callId';
    IF FOUND THEN
      RETURN NULL;
    END IF;
    "place" := next_step_index("p_workspace", "run_id");
    "step_id" := "p_step"->>'id';
    INSERT INTO "agent_step" ("id", "workspace_id", "agent_run_id", "index", "kind", "name", "call_id", "input_digest",
                              "state", "attempt", "output_digest", "failure", "started_at", "ended_at")
    VALUES ("step_id", "p_workspace", "run_id", "place", "p_step"->>'kind', "p_step"->>'name', "p_step"->>'callId',
            "p_step"->>'inputDigest', "p_step"->>'state', 1, "p_step"->'output'->>'digest', "p_step"->'failure',
            clock_timestamp(), CASE WHEN "is_over" THEN clock_timestamp() END);
  ELSIF NOT "is_over" THEN
    RETURN "place";
  END IF;
  PERFORM store_blob("p_workspace", "p_step"->'output', "p_content");
  "p_events" := jsonb_set(jsonb_set("p_events", '{0,subjectId}', to_jsonb("step_id")), '{0,data,index}', to_jsonb("place"));
  PERFORM record_change("p_workspace", "p_events", '[]');
  RETURN "place";
END;
$$;

-- Which program an agent is, for runtimes that are one: { preset } or { command, args, env }.
ALTER TABLE "agent" ADD COLUMN "launch" JSONB;

-- An agent's own name for the conversation that a run has with it, to go on with it after a crash.
ALTER TABLE "agent_run" ADD COLUMN "external_session" TEXT;
