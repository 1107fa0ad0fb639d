-- What is known of the cost of a run: an agent with a login of its own is not paid by us.
ALTER TABLE "agent_run" ADD COLUMN "cost_source" TEXT NOT NULL DEFAULT 'metered';
