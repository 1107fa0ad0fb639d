-- How the providers of models are doing, as all calls of all workers see it: one row for each address and model that ever
-- failed. Keys belong to the installation and not to a workspace, and so do their limits and outages: this table serves every
-- workspace and belongs to none, like "host".
CREATE TABLE "model_provider_health" (
  "host" TEXT NOT NULL,
  "model" TEXT NOT NULL,
  "provider" TEXT NOT NULL,
  "circuit" TEXT NOT NULL,
  "failures" INT NOT NULL DEFAULT 0,
  "first_failure_at" TIMESTAMPTZ(3),
  "retry_not_before" TIMESTAMPTZ(3),
  "opened_at" TIMESTAMPTZ(3),
  "open_for_ms" INT,
  "open_until" TIMESTAMPTZ(3),
  "probe_until" TIMESTAMPTZ(3),
  "reason" TEXT,
  "updated_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "model_provider_health_pkey" PRIMARY KEY ("host", "model")
);

-- Whether a call may go out now. A provider in health costs one look at a primary key and no lock. Otherwise the row is locked
-- until the transaction ends, before any step, budget or ledger: when an open circuit has waited long enough, the caller is the
-- one to try (`probe`), and says so by claim_model_probe once it has all else that it needs.
-- Returns { outcome: admitted, probe, unwell } or { outcome: unavailable, circuit, until, reason }.
CREATE FUNCTION "admit_model_call"("p_upstream" JSONB) RETURNS JSONB LANGUAGE plpgsql AS $$
DECLARE
  "moment" TIMESTAMPTZ(3) := clock_timestamp();
  "health" "model_provider_health"%ROWTYPE;
  "until" TIMESTAMPTZ(3);
BEGIN
  SELECT * INTO "health" FROM "model_provider_health"
  WHERE "host" = "p_upstream"->>'host' AND "model" = "p_upstream"->>'model';
  IF NOT FOUND THEN
    RETURN '{"outcome": "admitted", "probe": false, "unwell": false}';
  END IF;
  IF "health"."circuit" <> 'closed' THEN
    SELECT * INTO "health" FROM "model_provider_health"
    WHERE "host" = "p_upstream"->>'host' AND "model" = "p_upstream"->>'model' FOR UPDATE;
  END IF;
  -- While one call tries, the others look again soon: they need not wait for as long as it may take.
  "until" := greatest("health"."retry_not_before", CASE "health"."circuit"
    WHEN 'open' THEN "health"."open_until"
    WHEN 'half_open' THEN CASE WHEN "health"."probe_until" > "moment" THEN least("health"."probe_until", "moment" + interval '2 seconds') END
  END);
  IF "until" > "moment" THEN
    RETURN jsonb_build_object('outcome', 'unavailable', 'circuit', "health"."circuit", 'reason', "health"."reason",
      'until', to_char("until" AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
      'inMs', ceil(extract(epoch FROM "until" - "moment") * 1000)::int);
  END IF;
  RETURN jsonb_build_object('outcome', 'admitted', 'probe', "health"."circuit" <> 'closed',
    'unwell', "health"."circuit" <> 'closed' OR "health"."failures" > 0);
END;
$$;

-- The caller's call is the one that tries whether the provider is back. If its process dies, another may try after a minute.
CREATE FUNCTION "claim_model_probe"("p_upstream" JSONB) RETURNS VOID LANGUAGE sql AS $$
  UPDATE "model_provider_health"
  SET "circuit" = 'half_open', "probe_until" = clock_timestamp() + interval '60 seconds', "updated_at" = clock_timestamp()
  WHERE "host" = "p_upstream"->>'host' AND "model" = "p_upstream"->>'model' AND "circuit" IN ('open', 'half_open');
$$;

-- Tells every workspace that has agents at work, and the one that noticed: the provider is the same for all.
CREATE FUNCTION "record_circuit"("p_workspace" TEXT, "p_type" TEXT, "p_health" "model_provider_health") RETURNS VOID LANGUAGE plpgsql AS $$
DECLARE
  "told" TEXT;
  "events" JSONB := jsonb_build_array(jsonb_build_object('type', "p_type", 'subjectId', "p_health"."host" || '/' || "p_health"."model",
    'data', jsonb_build_object('provider', "p_health"."provider", 'host', "p_health"."host", 'model', "p_health"."model",
      'reason', "p_health"."reason", 'failures', "p_health"."failures", 'until', "p_health"."open_until")));
BEGIN
  FOR "told" IN
    SELECT "workspace_id" FROM "agent_run" WHERE "state" IN ('queued', 'running', 'waiting')
    UNION SELECT "p_workspace" ORDER BY 1
  LOOP
    PERFORM record_change("told", "events", '[]');
  END LOOP;
END;
$$;

-- A call that its provider did not answer. `limited` (429): no call before `retryAfterMs` is over; that it answers at all closes
-- a circuit. Otherwise it counts: `failures` of them within `windowMs` open the circuit for `openMs`, and each trial that fails
-- opens it again for twice as long, at most `maxOpenMs`.
CREATE FUNCTION "record_model_failure"("p_workspace" TEXT, "p_upstream" JSONB, "p_failure" JSONB, "p_limits" JSONB) RETURNS VOID LANGUAGE plpgsql AS $$
DECLARE
  "moment" TIMESTAMPTZ(3);
  "limited" BOOLEAN := ("p_failure"->>'limited')::boolean;
  "retry_at" TIMESTAMPTZ(3);
  "health" "model_provider_health"%ROWTYPE;
  "opens" BOOLEAN;
BEGIN
  INSERT INTO "model_provider_health" ("host", "model", "provider", "circuit", "updated_at")
  VALUES ("p_upstream"->>'host', "p_upstream"->>'model', "p_upstream"->>'provider', 'closed', clock_timestamp())
  ON CONFLICT DO NOTHING;
  SELECT * INTO "health" FROM "model_provider_health"
  WHERE "host" = "p_upstream"->>'host' AND "model" = "p_upstream"->>'model' FOR UPDATE;
  "moment" := clock_timestamp();
  "retry_at" := "moment" + ("p_failure"->>'retryAfterMs')::int * interval '1 millisecond';

  IF "limited" THEN
    UPDATE "model_provider_health"
    SET "retry_not_before" = greatest("retry_not_before", "retry_at"), "reason" = "p_failure"->>'reason', "updated_at" = "moment"
    WHERE "host" = "health"."host" AND "model" = "health"."model";
    IF "health"."circuit" <> 'closed' THEN
      PERFORM close_circuit("p_workspace", "health");
    END IF;
    RETURN;
  END IF;

  IF "health"."first_failure_at" IS NULL
     OR "health"."first_failure_at" < "moment" - ("p_limits"->>'windowMs')::int * interval '1 millisecond' THEN
    "health"."failures" := 0;
    "health"."first_failure_at" := "moment";
  END IF;
  "health"."failures" := "health"."failures" + 1;
  "opens" := "health"."circuit" = 'half_open'
    OR ("health"."circuit" = 'closed' AND "health"."failures" >= ("p_limits"->>'failures')::int);
  IF "opens" THEN
    "health"."open_for_ms" := CASE WHEN "health"."circuit" = 'half_open'
      THEN least("health"."open_for_ms" * 2, ("p_limits"->>'maxOpenMs')::int) ELSE ("p_limits"->>'openMs')::int END;
    "health"."opened_at" := CASE WHEN "health"."circuit" = 'half_open' THEN "health"."opened_at" ELSE "moment" END;
    "health"."open_until" := "moment" + "health"."open_for_ms" * interval '1 millisecond';
    "health"."circuit" := 'open';
  END IF;
  "health"."reason" := "p_failure"->>'reason';
  UPDATE "model_provider_health"
  SET "circuit" = "health"."circuit", "failures" = "health"."failures", "first_failure_at" = "health"."first_failure_at",
      "opened_at" = "health"."opened_at", "open_for_ms" = "health"."open_for_ms", "open_until" = "health"."open_until",
      "retry_not_before" = greatest("retry_not_before", "retry_at"), "reason" = "health"."reason", "updated_at" = "moment"
  WHERE "host" = "health"."host" AND "model" = "health"."model";
  IF "opens" THEN
    PERFORM record_circuit("p_workspace", 'model.circuit_opened', "health");
  END IF;
END;
$$;

-- The provider is back. The caller has locked the row.
CREATE FUNCTION "close_circuit"("p_workspace" TEXT, "p_health" "model_provider_health") RETURNS VOID LANGUAGE plpgsql AS $$
BEGIN
  UPDATE "model_provider_health"
  SET "circuit" = 'closed', "failures" = 0, "first_failure_at" = NULL, "opened_at" = NULL, "open_for_ms" = NULL,
      "open_until" = NULL, "probe_until" = NULL, "updated_at" = clock_timestamp()
  WHERE "host" = "p_health"."host" AND "model" = "p_health"."model";
  IF "p_health"."circuit" <> 'closed' THEN
    PERFORM record_circuit("p_workspace", 'model.circuit_closed', "p_health");
  END IF;
END;
$$;

-- A call was answered: what failed before counts no more.
CREATE FUNCTION "record_model_success"("p_workspace" TEXT, "p_upstream" JSONB) RETURNS VOID LANGUAGE plpgsql AS $$
DECLARE
  "health" "model_provider_health"%ROWTYPE;
BEGIN
  SELECT * INTO "health" FROM "model_provider_health"
  WHERE "host" = "p_upstream"->>'host' AND "model" = "p_upstream"->>'model'
    AND ("circuit" <> 'closed' OR "failures" > 0)
  FOR UPDATE;
  IF FOUND THEN
    PERFORM close_circuit("p_workspace", "health");
  END IF;
END;
$$;

-- Which model an agent's runs ask, and how much they reason: null for always its own model, and as the provider has it.
ALTER TABLE "agent" ADD COLUMN "model_policy" JSONB, ADD COLUMN "reasoning" TEXT;
-- What of the policy is left to decide at each call, and why the run was queued with its model: { rule, reason }.
ALTER TABLE "agent_run" ADD COLUMN "model_policy" JSONB, ADD COLUMN "model_choice" JSONB, ADD COLUMN "reasoning" TEXT;
-- Why the step asks the model it is named after: { rule, reason, refused }.
ALTER TABLE "agent_step" ADD COLUMN "model_choice" JSONB;

-- As start_paid_step, for a call that its provider can take now. `p_call`: { upstream, choice, events }, each of which may be
-- absent. A step that is begun again may ask another model than before; `events` tell of a choice, once. One statement, so that a
-- call to a provider in health costs no more than before. Outcome: as start_paid_step and admit_model_call.
CREATE FUNCTION "start_model_step"("p_workspace" TEXT, "p_call" JSONB, "p_hold" JSONB, "p_step" JSONB, "p_events" JSONB) RETURNS JSONB LANGUAGE plpgsql AS $$
DECLARE
  "admission" JSONB := admit_model_call("p_call"->'upstream');
  "before" TEXT;
  "outcome" JSONB;
BEGIN
  IF "admission"->>'outcome' <> 'admitted' THEN
    RETURN "admission";
  END IF;
  IF "p_call" ? 'choice' THEN
    SELECT "name" INTO "before" FROM "agent_step"
    WHERE "workspace_id" = "p_workspace" AND "agent_run_id" = "p_step"->>'agentRunId' AND "index" = ("p_step"->>'index')::int;
  END IF;
  "outcome" := start_paid_step("p_workspace", "p_hold", "p_step", "p_events");
  IF "outcome"->>'outcome' <> 'held' THEN
    RETURN "outcome";
  END IF;
  IF "admission"->>'probe' = 'true' THEN
    PERFORM claim_model_probe("p_call"->'upstream');
  END IF;
  IF "p_call" ? 'choice' THEN
    UPDATE "agent_step" SET "name" = "p_step"->>'name', "model_choice" = "p_call"->'choice'
    WHERE "workspace_id" = "p_workspace" AND "id" = "outcome"->>'id' AND "state" = 'started';
    IF FOUND AND "before" IS DISTINCT FROM "p_step"->>'name' AND jsonb_array_length("p_call"->'events') > 0 THEN
      PERFORM record_change("p_workspace", "p_call"->'events', '[]');
    END IF;
  END IF;
  RETURN "outcome" || jsonb_build_object('unwell', "admission"->'unwell');
END;
$$;

-- The same for a call that comes through the gateway.
CREATE FUNCTION "begin_model_call"("p_workspace" TEXT, "p_call" JSONB, "p_hold" JSONB, "p_step" JSONB, "p_events" JSONB) RETURNS JSONB LANGUAGE plpgsql AS $$
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
  RETURN "outcome" || jsonb_build_object('unwell', "admission"->'unwell');
END;
$$;
