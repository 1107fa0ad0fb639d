-- A run keeps the limit of its answers that it began with, as it keeps that of its steps: what was reserved for a call must
-- cover the call that is made.
ALTER TABLE "agent_run" ADD COLUMN "max_output_tokens" INTEGER;
UPDATE "agent_run" SET "max_output_tokens" = "agent"."max_output_tokens" FROM "agent" WHERE "agent"."id" = "agent_run"."agent_id";
ALTER TABLE "agent_run" ALTER COLUMN "max_output_tokens" SET NOT NULL;
