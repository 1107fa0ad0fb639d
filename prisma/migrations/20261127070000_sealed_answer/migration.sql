-- What a model said word for word, where redaction took something out of what is stored of its answer: encrypted, and there
-- for as long as its run is under way. The words are in no other column than "ciphertext", which ends in its authentication tag.
CREATE TABLE "sealed_answer" (
    "agent_run_id" TEXT NOT NULL,
    "index" INTEGER NOT NULL,
    "workspace_id" TEXT NOT NULL,
    "key_id" TEXT NOT NULL,
    "nonce" BYTEA NOT NULL,
    "ciphertext" BYTEA NOT NULL,

    CONSTRAINT "sealed_answer_pkey" PRIMARY KEY ("agent_run_id", "index")
);

CREATE INDEX "sealed_answer_workspace_id_idx" ON "sealed_answer"("workspace_id");
ALTER TABLE "sealed_answer" ADD CONSTRAINT "sealed_answer_workspace_id_fkey" FOREIGN KEY ("workspace_id") REFERENCES "workspace"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "sealed_answer" ADD CONSTRAINT "sealed_answer_agent_run_id_fkey" FOREIGN KEY ("agent_run_id") REFERENCES "agent_run"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- As end_step, with the sealed words of the answer: both or neither. The row of the run is locked first, as by whoever ends
-- the run and deletes what is sealed of it: a run that has ended gets none.
CREATE FUNCTION "end_sealed_step"("p_workspace" TEXT, "p_end" JSONB, "p_content" TEXT, "p_events" JSONB, "p_sealed" JSONB) RETURNS JSONB LANGUAGE plpgsql AS $$
DECLARE
  "answer" JSONB;
BEGIN
  PERFORM 1 FROM "agent_run" WHERE "workspace_id" = "p_workspace" AND "id" = "p_sealed"->>'agentRunId' FOR UPDATE;
  "answer" := end_step("p_workspace", "p_end", "p_content", "p_events");
  IF ("answer"->>'moved')::boolean THEN
    INSERT INTO "sealed_answer" ("agent_run_id", "index", "workspace_id", "key_id", "nonce", "ciphertext")
    SELECT "id", ("p_sealed"->>'index')::int, "p_workspace", "p_sealed"->>'keyId',
           decode("p_sealed"->>'nonce', 'base64'), decode("p_sealed"->>'ciphertext', 'base64')
    FROM "agent_run" WHERE "workspace_id" = "p_workspace" AND "id" = "p_sealed"->>'agentRunId' AND "ended_at" IS NULL;
  END IF;
  RETURN "answer";
END;
$$;
