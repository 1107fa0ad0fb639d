-- What begins and ends an agent run, each as one statement.
CREATE INDEX "approval_agent_run_id_idx" ON "approval"("agent_run_id");

-- Tells of a run that has moved. "p_data" is what is told besides its kind.
CREATE FUNCTION "tell_of_agent_run"("p_run" "agent_run", "p_type" TEXT, "p_data" JSONB) RETURNS VOID LANGUAGE sql AS $$
  SELECT record_change("p_run"."workspace_id", jsonb_build_array(jsonb_build_object(
    'type', "p_type", 'subjectId', "p_run"."id", 'okrRunId', "p_run"."okr_run_id", 'taskId', "p_run"."task_id",
    'agentRunId', "p_run"."id", 'data', "p_data" || jsonb_build_object('kind', "p_run"."kind"))), '[]');
$$;

-- Begins a queued run. One that has begun or ended is left as it is. Answers how it stands.
CREATE FUNCTION "begin_agent_run"("p_workspace" TEXT, "p_id" TEXT, "p_containment" TEXT, "p_waiting" JSONB, "p_type" TEXT) RETURNS JSONB LANGUAGE plpgsql AS $$
DECLARE
  "run" "agent_run"%ROWTYPE;
BEGIN
  UPDATE "agent_run"
  SET "state" = 'running', "started_at" = clock_timestamp(), "waiting_on" = "p_waiting", "containment" = coalesce("p_containment", "containment")
  WHERE "workspace_id" = "p_workspace" AND "id" = "p_id" AND "state" = 'queued'
  RETURNING * INTO "run";
  IF FOUND THEN
    PERFORM tell_of_agent_run("run", "p_type", '{"from": "queued", "to": "running"}');
  ELSE
    SELECT * INTO "run" FROM "agent_run" WHERE "workspace_id" = "p_workspace" AND "id" = "p_id";
  END IF;
  RETURN jsonb_build_object('state', "run"."state", 'failure', "run"."failure");
END;
$$;

-- Ends a run at work that has left nothing open: no step, question, subtask, reservation or sealed answer. Answers how it has
-- ended, now or before. NULL when something is open, or it has not begun: then nothing is changed.
CREATE FUNCTION "end_agent_run"("p_workspace" TEXT, "p_id" TEXT, "p_state" TEXT, "p_failure" JSONB, "p_type" TEXT) RETURNS JSONB LANGUAGE plpgsql AS $$
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
    OR EXISTS (SELECT 1 FROM "budget_reservation" WHERE "workspace_id" = "p_workspace" AND "state" = 'held' AND starts_with("key", "p_id" || ':'))
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
