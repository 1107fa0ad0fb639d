-- The servers of the Model Context Protocol whose tools an agent may use, and what they offered to a run at its beginning: a
-- blob, so that every request of the run has the same tools.
ALTER TABLE "agent" ADD COLUMN "mcp_servers" JSONB NOT NULL DEFAULT '[]';
ALTER TABLE "agent" ALTER COLUMN "mcp_servers" DROP DEFAULT;
ALTER TABLE "agent_run" ADD COLUMN "mcp_offer_digest" TEXT;
