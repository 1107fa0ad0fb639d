-- As before, and of a call whose model was chosen the step says why. `p_call`: { upstream, choice, events }, of which all but the
-- first may be absent; `events` tell of the choice, once. Without a choice nothing more is done.
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
    WHERE "workspace_id" = "p_workspace" AND "agent_run_id" = "p_step"->>'agentRunId' AND "kind" = 'model'
      AND "call_id" = "p_step"->>'callId' AND "model_choice" IS NULL;
    IF FOUND AND jsonb_array_length("p_call"->'events') > 0 THEN
      PERFORM record_change("p_workspace", "p_call"->'events', '[]');
    END IF;
  END IF;
  RETURN "outcome" || jsonb_build_object('unwell', "admission"->'unwell');
END;
$$;
